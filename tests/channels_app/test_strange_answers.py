"""Answers that no column could hold: what is kept of them can be stored on every database."""

from typing import Any

import pytest
from responses import RequestsMock

from channels_app.jpush.client import Credentials, JPushClient, Rate
from channels_app.jpush.errors import JPushError
from ums.lib.outbound import OutboundPolicy

PUSH_URL = "https://api.jpush.cn/v3/push"
CID_URL = f"{PUSH_URL}/cid"


@pytest.fixture
def client() -> JPushClient:
    return JPushClient(Credentials("a", "s"), OutboundPolicy.from_settings())


def refusal(client: JPushClient, jpush: RequestsMock, **answer: Any) -> JPushError:
    jpush.post(PUSH_URL, **answer)
    with pytest.raises(JPushError) as caught:
        client.push({})
    return caught.value


def test_a_msg_id_holds_no_nul(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.post(PUSH_URL, body=b'{"msg_id": "1\\u00002"}')

    assert client.push({}).msg_id == "12"


def test_words_hold_no_nul(client: JPushClient, jpush: RequestsMock) -> None:
    body = b'{"error": {"code": 1003, "message": "a\\u0000b", "illegal_rids": ["r\\u00001"]}}'

    error = refusal(client, jpush, status=400, body=body)

    assert error.message == "ab"


def test_what_is_no_cid_is_left_out(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.get(CID_URL, json={"cidlist": ["c1", "c\0", "x" * 101, 5, None, ["c"], "c2"]})

    assert client.fetch_cids(10)[0] == ["c1", "c2"]


def test_a_list_without_a_cid_is_a_failure(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.get(CID_URL, json={"cidlist": ["x" * 101]})

    with pytest.raises(JPushError, match="no cidlist"):
        client.fetch_cids(10)


@pytest.mark.parametrize("code", ["1" + "0" * 30, "-9999999999", "2147483648", "true", "1.5"])
def test_a_code_that_is_none_is_left_out(
    client: JPushClient, jpush: RequestsMock, code: str
) -> None:
    body = f'{{"error": {{"code": {code}, "message": "words"}}}}'

    error = refusal(client, jpush, status=400, body=body)

    assert (error.code, error.number, error.message) == (None, 400, "words")


@pytest.mark.parametrize("text", [str(2**31), "9" * 30, "9" * 5000])
def test_a_rate_that_is_none_is_left_out(
    client: JPushClient, jpush: RequestsMock, text: str
) -> None:
    names = ("X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Reset")
    jpush.post(PUSH_URL, json={"msg_id": "1"}, headers=dict.fromkeys(names, text))

    assert client.push({}).rate == Rate()
