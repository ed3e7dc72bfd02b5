"""POST /v1/retract/{msgid} (protocol/ums.md 3.3, 7, 8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Batch, Message
from tests.contract.calls import refusal
from tests.messaging_app.calls import get, post
from tests.messaging_app.makers import accept, expanded

# As it stands in 3.3; the order of the keys, too.
SUCCESS = b'{"code":0,"message":"success"}'
DAY, A_MINUTE, A_SECOND = timedelta(hours=24), timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def message(business_line: BusinessLine, channel: Channel) -> Message:
    return expanded(channel, line=business_line, registration_ids=("r1",))


def retract(line: BusinessLine, msgid: str, body: bytes = b"", **values: Any) -> Any:
    return post(line, f"/v1/retract/{msgid}", body, **values)


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


@pytest.mark.parametrize(
    ("body", "label"),
    [
        pytest.param(b"", "application/json", id="no body"),
        pytest.param(b"null", "application/json;charset=UTF-8", id="null of an old Go client"),
        pytest.param(b"{", "application/json", id="what is no JSON"),
        pytest.param(b"\xff\x00", "text/html;charset=UTF-8", id="what is no text"),
        pytest.param(b"x", "multipart/form-data; boundary=b", id="a form"),
        pytest.param(b"null", "nonsense", id="an unknown label"),
    ],
)
def test_the_body_is_not_read(
    business_line: BusinessLine, message: Message, body: bytes, label: str
) -> None:
    response = retract(business_line, message.msgid, body, content_type=label)

    assert (response.status_code, response.content) == (200, SUCCESS)
    assert response["Content-Type"] == "application/json"
    assert state_of(message) == Message.State.RETRACTED
    assert Batch.objects.get().state == Batch.State.CANCELLED


@pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
def test_the_colons_of_a_msgid_may_be_escaped(
    business_line: BusinessLine, message: Message, colon: str
) -> None:
    assert retract(business_line, message.msgid.replace(":", colon)).content == SUCCESS


def test_the_msgid_is_the_one_that_a_send_has_returned(business_line: BusinessLine) -> None:
    body = {
        "aud_userid": ["u1"],
        "msg_app": [{"platform": "all", "notification": {"alert": "Hi"}}],
    }
    msgid = post(business_line, "/v1/sent", body).json()["msgid"]

    assert retract(business_line, msgid).content == SUCCESS
    assert Message.objects.get().state == Message.State.RETRACTED


@pytest.mark.parametrize("state", ["sending", "done", "expanding", "scheduled"])
def test_a_second_retraction_is_1015055(
    business_line: BusinessLine, message: Message, state: str
) -> None:
    Message.objects.update(state=state)
    assert retract(business_line, message.msgid).content == SUCCESS

    answer = refusal(retract(business_line, message.msgid), code=1015055, words=message.msgid)

    assert set(answer) == {"code", "message"}


@pytest.mark.parametrize(
    ("state", "age", "code"),
    [
        pytest.param(state, age, code, id=f"{state}, {age}")
        for state, age, code in [
            ("sending", DAY - A_MINUTE, 0),
            ("sending", DAY + A_SECOND, 4004),
            ("done", DAY - A_MINUTE, 0),
            ("done", DAY + A_SECOND, 4004),
            ("expanding", DAY * 2, 0),
            ("scheduled", DAY * 30, 0),
            ("pending_approval", DAY * 30, 0),
            ("paused", DAY - A_MINUTE, 0),
            ("paused", DAY + A_SECOND, 4004),
            ("cancelled", DAY - A_MINUTE, 0),
            ("cancelled", DAY + A_SECOND, 4004),
            ("missed", A_MINUTE, 4004),
            ("failed", A_MINUTE, 4004),
            ("retracted", A_MINUTE, 1015055),
            ("retracted", DAY * 2, 1015055),
        ]
    ],
)
def test_only_what_was_sent_within_24_hours_or_has_not_begun(
    business_line: BusinessLine, message: Message, state: str, age: timedelta, code: int
) -> None:
    Message.objects.update(state=state, created_at=timezone.now() - age)

    response = retract(business_line, message.msgid)

    if code == 0:
        assert (response.status_code, state_of(message)) == (200, Message.State.RETRACTED)
    else:
        refusal(response, code=code, words="24 hours" if age > DAY and code == 4004 else "")
        assert state_of(message) == state


def test_what_was_cancelled_before_it_began_cannot_be_retracted(
    business_line: BusinessLine, channel: Channel
) -> None:
    message = accept(channel, line=business_line)
    Message.objects.update(state=Message.State.CANCELLED)

    refusal(retract(business_line, message.msgid), code=4004, words="was cancelled")


@pytest.mark.parametrize("owner", ["another line", "the console"])
def test_the_message_of_somebody_else_is_not_there(
    business_line: BusinessLine, channel: Channel, foreign: BusinessLine, owner: str
) -> None:
    theirs = accept(channel, line=foreign if owner == "another line" else None)

    response = retract(business_line, theirs.msgid)

    refusal(response, status=400, code=4004, words=f"“{theirs.msgid}”")
    assert state_of(theirs) == Message.State.EXPANDING


@pytest.mark.parametrize(
    "msgid", ["x", "v:1t:1603707455p:27133n:2", "%00", "%00x", "%E6%88%91", "%ff", "x" * 2000]
)
def test_an_unknown_msgid_is_not_found(business_line: BusinessLine, msgid: str) -> None:
    refusal(retract(business_line, msgid), status=400, code=4004)


def test_one_msgid_per_call(business_line: BusinessLine, message: Message) -> None:
    refusal(retract(business_line, f"{message.msgid},{message.msgid}"), status=400, code=4004)
    refusal(retract(business_line, f"{message.msgid}/x"), status=404, code=4004)
    assert state_of(message) == Message.State.SENDING


def test_a_retracted_message_tells_what_became_of_its_devices(
    business_line: BusinessLine, message: Message
) -> None:
    url = f"/v1/message/{message.msgid}"
    assert "retraction" not in get(business_line, url).json()
    retract(business_line, message.msgid)

    answer = get(business_line, url).json()

    assert answer["state"] == "retracted"
    assert answer["retraction"] == {"stopped": 1, "withdrawn": 0, "pending": 0, "failed": 0}
