"""JPushClient against stubbed answers (protocol/jpush.md 2.8, 3, 7, 8)."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from responses import RequestsMock, matchers

from channels_app.jpush.client import Credentials, JPushClient, PushResult, Rate
from channels_app.jpush.errors import JPushError
from ums.lib.outbound import OutboundPolicy

PUSH_URL = "https://api.jpush.cn/v3/push"
CID_URL = "https://api.jpush.cn/v3/push/cid"
BODY = {"platform": "all", "audience": {"registration_id": ["1104a89792bbb69299a"]}}


@pytest.fixture
def client() -> Iterator[JPushClient]:
    client = JPushClient(Credentials("key", "secret"), OutboundPolicy((80, 443), ()))
    yield client
    client.close()


def push_error(client: JPushClient) -> JPushError:
    with pytest.raises(JPushError) as caught:
        client.push(BODY)
    return caught.value


@pytest.mark.parametrize("msg_id", [1828256757, "1828256757"])
def test_a_push_returns_the_msg_id_as_text(
    client: JPushClient, jpush: RequestsMock, msg_id: int | str
) -> None:
    jpush.post(
        PUSH_URL,
        json={"sendno": "18", "msg_id": msg_id},
        match=[matchers.json_params_matcher(BODY)],
    )

    assert client.push(BODY) == PushResult("1828256757", Rate())


def test_a_push_carries_app_key_and_master_secret(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"})

    client.push(BODY)

    headers = jpush.calls[0].request.headers
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"key:secret").decode()
    assert headers["Content-Type"] == "application/json"


def test_a_path_prefix_of_a_private_cloud_is_kept(jpush: RequestsMock) -> None:
    url = "http://push.example.com/jiguang"
    jpush.post(f"{url}/v3/push", json={"msg_id": 2134793})
    client = JPushClient(Credentials("k", "s", f"{url}/"), OutboundPolicy((80,), ()))

    assert client.push(BODY).msg_id == "2134793"


@pytest.mark.parametrize("limit_header", ["X-Rate-Limit-Limit", "X-Rate-Limit-Quota"])
def test_the_rate_is_read_under_both_names_of_the_limit(
    client: JPushClient, jpush: RequestsMock, limit_header: str
) -> None:
    headers = {limit_header: "600", "X-Rate-Limit-Remaining": "599", "X-Rate-Limit-Reset": "60"}
    jpush.post(PUSH_URL, json={"msg_id": "1"}, headers=headers)

    assert client.push(BODY).rate == Rate(limit=600, remaining=599, reset_seconds=60)


@pytest.mark.parametrize("nonsense", ["", "many", "-1", "1.5"])
def test_a_rate_that_is_not_a_number_counts_as_not_told(
    client: JPushClient, jpush: RequestsMock, nonsense: str
) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"}, headers={"X-Rate-Limit-Remaining": nonsense})

    assert client.push(BODY).rate == Rate()


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b"<html>", b'{"msg_id": null}', b'{"msg_id": ""}', b"", b'"\xff"']
)
def test_a_success_without_msg_id_is_ambiguous(
    client: JPushClient, jpush: RequestsMock, body: bytes
) -> None:
    jpush.post(PUSH_URL, body=body)

    error = push_error(client)

    assert (error.ambiguous, error.retryable, error.http_status) == (True, True, 200)


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (400, {"error": {"code": 1011, "message": "cannot find user"}}, "1011: cannot find user"),
        (401, {"error": {"code": 1004, "message": "auth"}, "msg_id": 1}, "1004: auth"),
        (403, {"error": {"code": 2004}}, "2004: HTTP 403"),
        (403, {"error": {"code": "2004", "message": "x"}}, "403: x"),
        (404, {"error": "gone"}, "404: HTTP 404"),
        (405, [], "405: HTTP 405"),
        (410, None, "410: HTTP 410"),
        (400, {}, "400: HTTP 400"),
    ],
)
def test_a_refusal_is_final_and_not_ambiguous(
    client: JPushClient, jpush: RequestsMock, status: int, answer: Any, expected: str
) -> None:
    jpush.post(PUSH_URL, json=answer, status=status)

    error = push_error(client)

    assert str(error) == expected
    assert error.http_status == status
    assert (error.retryable, error.ambiguous, error.unreachable) == (False, False, False)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_failure_is_ambiguous(
    client: JPushClient, jpush: RequestsMock, status: int
) -> None:
    jpush.post(PUSH_URL, body="<html>\xff bad gateway</html>", status=status)

    error = push_error(client)

    assert (error.ambiguous, error.retryable, error.code) == (True, True, None)


def test_too_many_calls_say_when_to_come_back(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.post(
        PUSH_URL,
        json={"error": {"code": 2002, "message": "Rate limit exceeded"}},
        status=429,
        headers={"X-Rate-Limit-Reset": "17"},
    )

    error = push_error(client)

    assert (error.rate_limited, error.retry_after, error.ambiguous) == (True, 17, False)


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": 1003, "message": "bad", "illegal_rids": ["a", 2]}},
        {"error": {"code": 1003, "message": "bad"}, "illegal_rids": ["a", 2]},
    ],
)
def test_rejected_ids_are_found_in_both_places(
    client: JPushClient, jpush: RequestsMock, answer: Any
) -> None:
    jpush.post(PUSH_URL, json=answer, status=400)

    assert push_error(client).bad_ids == ("a", "2")


def test_a_list_of_rejected_ids_that_is_no_list_is_ignored(
    client: JPushClient, jpush: RequestsMock
) -> None:
    answer = {"error": {"code": 1003, "message": "bad", "illegal_rids": "a"}}
    jpush.post(PUSH_URL, json=answer, status=400)

    assert push_error(client).bad_ids == ()


def test_a_redirect_is_not_followed(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.post(PUSH_URL, status=302, headers={"Location": "https://elsewhere.example.com/"})

    error = push_error(client)

    assert (error.http_status, error.retryable) == (302, False)
    assert len(jpush.calls) == 1


def test_a_very_long_error_text_is_cut(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.post(PUSH_URL, json={"error": {"code": 1, "message": "x" * 10_000}}, status=400)

    assert len(push_error(client).message) == 500


@pytest.mark.parametrize("depth", [100_000])
def test_a_refusal_with_a_hostile_body_is_still_a_refusal(
    client: JPushClient, jpush: RequestsMock, depth: int
) -> None:
    jpush.post(PUSH_URL, body=b"[" * depth, status=400)

    assert push_error(client).http_status == 400


def test_cids_are_fetched_for_pushes(client: JPushClient, jpush: RequestsMock) -> None:
    jpush.get(
        CID_URL,
        json={"cidlist": ["key-1", "key-2"]},
        headers={"X-Rate-Limit-Remaining": "5"},
        match=[matchers.query_param_matcher({"type": "push", "count": "2"})],
    )

    assert client.fetch_cids(2) == (["key-1", "key-2"], Rate(remaining=5))


@pytest.mark.parametrize("body", [b"{}", b'{"cidlist": []}', b'{"cidlist": "x"}', b"<html>", b"[]"])
def test_an_answer_without_cids_is_an_error(
    client: JPushClient, jpush: RequestsMock, body: bytes
) -> None:
    jpush.get(CID_URL, body=body)

    with pytest.raises(JPushError, match="no cidlist"):
        client.fetch_cids(1)


def test_credentials_never_show_their_secret() -> None:
    assert repr(Credentials("key", "hidden")) == "Credentials(key at https://api.jpush.cn)"
