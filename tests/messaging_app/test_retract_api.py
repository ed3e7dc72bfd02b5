"""POST /v1/retract/{msgid} (protocol/ums.md 3.3, 7)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.models import Batch, Message
from tests.messaging_app.calls import get, post
from tests.messaging_app.makers import accept, expanded

SUCCESS = {"code": 0, "message": "success"}


@pytest.fixture
def message(business_line: BusinessLine, channel: Channel) -> Message:
    return expanded(channel, line=business_line, registration_ids=("r1",))


def assert_refused(response: Any, *, status: int, code: int) -> str:
    assert (response.status_code, response.json()["code"]) == (status, code)
    return str(response.json()["message"])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"null", "application/json;charset=UTF-8"),
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\x00", "text/html;charset=UTF-8"),
        (b"x", "multipart/form-data; boundary=b"),
        (b"null", "nonsense"),
    ],
)
def test_a_message_is_retracted_whatever_the_body(
    business_line: BusinessLine, message: Message, body: bytes, content_type: str
) -> None:
    response = post(business_line, f"/v1/retract/{message.msgid}", body, content_type=content_type)

    assert (response.status_code, response.json()) == (200, SUCCESS)
    message.refresh_from_db()
    assert message.state == Message.State.RETRACTED
    assert Batch.objects.get().state == Batch.State.CANCELLED


def test_the_colons_of_a_msgid_may_be_escaped(
    business_line: BusinessLine, message: Message
) -> None:
    escaped = message.msgid.replace(":", "%3A")

    assert post(business_line, f"/v1/retract/{escaped}", b"null").json() == SUCCESS


def test_a_second_retraction_says_so(business_line: BusinessLine, message: Message) -> None:
    url = f"/v1/retract/{message.msgid}"
    assert post(business_line, url, b"").json() == SUCCESS

    words = assert_refused(post(business_line, url, b""), status=400, code=1015055)

    assert message.msgid in words


def test_after_24_hours_it_is_too_late(business_line: BusinessLine, message: Message) -> None:
    Message.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    response = post(business_line, f"/v1/retract/{message.msgid}", b"")

    assert "24 hours" in assert_refused(response, status=400, code=4004)


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_what_was_never_sent_is_not_retracted(
    business_line: BusinessLine, message: Message, state: str
) -> None:
    Message.objects.update(state=state)

    assert_refused(post(business_line, f"/v1/retract/{message.msgid}", b""), status=400, code=4004)


def test_the_message_of_another_line_is_not_there(
    business_line: BusinessLine, channel: Channel
) -> None:
    other = accept(channel, line=BusinessLine.objects.create(name="Other"))
    of_console = accept(channel)

    for message in (other, of_console):
        response = post(business_line, f"/v1/retract/{message.msgid}", b"")
        assert f"“{message.msgid}”" in assert_refused(response, status=404, code=4004)
        message.refresh_from_db()
        assert message.state == Message.State.EXPANDING


@pytest.mark.parametrize("msgid", ["x", "v:1t:1p:1n:1", "%00", "%00x", "%E6%88%91", "%ff"])
def test_an_unknown_msgid_is_not_found(business_line: BusinessLine, msgid: str) -> None:
    assert_refused(post(business_line, f"/v1/retract/{msgid}", b""), status=404, code=4004)


def test_an_access_key_retracts_nothing(access_key: AccessKey, message: Message) -> None:
    response = post(access_key, f"/v1/retract/{message.msgid}", b"")

    assert_refused(response, status=403, code=4005)


def test_without_credentials_nothing_is_retracted(message: Message) -> None:
    response: Any = Client().post(f"/v1/retract/{message.msgid}")

    assert_refused(response, status=401, code=4005)
    message.refresh_from_db()
    assert message.state == Message.State.SENDING


def test_retracting_is_a_post(business_line: BusinessLine, message: Message) -> None:
    assert_refused(get(business_line, f"/v1/retract/{message.msgid}"), status=405, code=4004)


def test_a_retracted_message_tells_what_became_of_its_devices(
    business_line: BusinessLine, message: Message
) -> None:
    url = f"/v1/message/{message.msgid}"
    assert "retraction" not in get(business_line, url).json()
    post(business_line, f"/v1/retract/{message.msgid}", b"")

    answer = get(business_line, url).json()

    assert answer["state"] == "retracted"
    assert answer["retraction"] == {"stopped": 1, "withdrawn": 0, "pending": 0, "failed": 0}
