"""POST /v1/message/{msgid}/pause, /resume and /cancel, which the original does not have."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.models import Batch, Message
from tests.contract.calls import refusal
from tests.messaging_app.calls import get, post
from tests.messaging_app.makers import accept, expanded

SUCCESS = b'{"code":0,"message":"success"}'
VERBS = ("pause", "resume", "cancel")


@pytest.fixture
def message(business_line: BusinessLine, channel: Channel) -> Message:
    return expanded(channel, line=business_line, registration_ids=("r1",))


def control(caller: BusinessLine | AccessKey, msgid: str, verb: str, body: bytes = b"") -> Any:
    return post(caller, f"/v1/message/{msgid}/{verb}", body)


def state_of(message: Message) -> str:
    return Message.objects.values_list("state", flat=True).get(pk=message.pk)


def told_state(line: BusinessLine, message: Message) -> str:
    return str(get(line, f"/v1/message/{message.msgid}").json()["state"])


def test_a_message_is_paused_resumed_and_cancelled(
    business_line: BusinessLine, message: Message
) -> None:
    for verb, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        response = control(business_line, message.msgid, verb)

        assert (response.status_code, response.content) == (200, SUCCESS)
        assert response["Content-Type"] == "application/json"
        assert told_state(business_line, message) == state
    assert Batch.objects.get().state == Batch.State.CANCELLED


def test_what_was_cancelled_is_told_by_the_ledger(
    business_line: BusinessLine, message: Message
) -> None:
    control(business_line, message.msgid, "cancel")

    answer = get(business_line, f"/v1/message/{message.msgid}").json()

    assert (answer["ledger"]["targets"], answer["ledger"]["cancelled"]) == (1, 1)
    assert "retraction" not in answer


def test_a_message_that_waits_for_approval_may_be_cancelled_only(
    business_line: BusinessLine, channel: Channel
) -> None:
    message = accept(channel, line=business_line)
    Message.objects.update(state=Message.State.PENDING_APPROVAL)

    refusal(control(business_line, message.msgid, "pause"), code=4004, words="waiting for approval")

    assert control(business_line, message.msgid, "cancel").content == SUCCESS


@pytest.mark.parametrize(
    ("verb", "participle", "states"),
    [
        ("pause", "paused", ("paused", "done", "cancelled", "retracted", "failed", "missed")),
        ("resume", "resumed", ("scheduled", "expanding", "sending", "done", "cancelled")),
        ("cancel", "cancelled", ("done", "cancelled", "retracted", "failed", "missed")),
    ],
)
def test_what_is_not_possible_is_4004_and_changes_nothing(
    business_line: BusinessLine,
    message: Message,
    verb: str,
    participle: str,
    states: tuple[str, ...],
) -> None:
    for state in states:
        Message.objects.update(state=state)

        words = f"The message “{message.msgid}” cannot be {participle}: it is {state}."
        answer = refusal(control(business_line, message.msgid, verb), code=4004, words=words)

        assert set(answer) == {"code", "message"}
        assert told_state(business_line, message) == state


def test_a_message_whose_time_is_over_is_not_resumed(
    business_line: BusinessLine, message: Message
) -> None:
    Message.objects.update(state="paused", expires_at=timezone.now() - timedelta(seconds=1))

    refusal(
        control(business_line, message.msgid, "resume"), code=4004, words="time-to-live is over"
    )

    assert told_state(business_line, message) == "paused"


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("owner", ["another line", "the console"])
def test_the_message_of_somebody_else_is_not_there(
    business_line: BusinessLine, channel: Channel, foreign: BusinessLine, verb: str, owner: str
) -> None:
    theirs = accept(channel, line=foreign if owner == "another line" else None)
    Message.objects.update(state="paused" if verb == "resume" else "expanding")
    before = state_of(theirs)

    response = control(business_line, theirs.msgid, verb)

    refusal(response, status=404, code=4004, words=f"“{theirs.msgid}”")
    assert state_of(theirs) == before


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("msgid", ["x", "%00", "%E6%88%91", "%ff", "x" * 2000])
def test_an_unknown_msgid_is_not_found(business_line: BusinessLine, verb: str, msgid: str) -> None:
    refusal(control(business_line, msgid, verb), status=404, code=4004)


@pytest.mark.parametrize("verb", VERBS)
def test_an_access_key_may_not(access_key: AccessKey, message: Message, verb: str) -> None:
    refusal(control(access_key, message.msgid, verb), status=403, code=4005)

    assert state_of(message) == "sending"


@pytest.mark.parametrize("verb", VERBS)
def test_only_post_is_there(business_line: BusinessLine, message: Message, verb: str) -> None:
    refusal(get(business_line, f"/v1/message/{message.msgid}/{verb}"), status=405, code=4004)


@pytest.mark.parametrize("body", [b"null", b"{", b"\xff\x00"])
def test_the_body_is_not_read(business_line: BusinessLine, message: Message, body: bytes) -> None:
    assert control(business_line, message.msgid, "pause", body).content == SUCCESS


@pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
def test_the_colons_of_a_msgid_may_be_escaped(
    business_line: BusinessLine, message: Message, colon: str
) -> None:
    assert control(business_line, message.msgid.replace(":", colon), "pause").content == SUCCESS
