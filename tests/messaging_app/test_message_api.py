"""GET /v1/message/{msgid}: what became of a message."""

from typing import Any

import pytest

from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.models import Batch
from tests.messaging_app.calls import get
from tests.messaging_app.makers import accept, add_person, expanded

EMPTY = dict.fromkeys(
    (
        *("targets", "queued", "sent", "delivered", "clicked", "failed"),
        *("no_device", "invalid_id", "cancelled", "unknown"),
    ),
    0,
)


def test_a_message_is_shown_with_its_state_and_ledger(
    business_line: BusinessLine, channel: Channel
) -> None:
    add_person("u1", devices={channel: ["r1", "r2", "r3"]})
    message = expanded(channel, line=business_line, userids=("u1", "u2"))
    Batch.objects.update(state=Batch.State.SENT, delivered=1, clicked=1)

    response = get(business_line, f"/v1/message/{message.msgid}")

    assert response.status_code == 200
    assert response.json() == {
        "code": 0,
        "message": "success",
        "msgid": message.msgid,
        "state": "sending",
        "ledger": {
            **EMPTY,
            "targets": 4,
            "sent": 1,
            "delivered": 1,
            "clicked": 1,
            "no_device": 1,
        },
    }


def test_a_message_just_accepted_has_an_empty_ledger(
    business_line: BusinessLine, channel: Channel
) -> None:
    message = accept(channel, line=business_line)

    answer = get(business_line, f"/v1/message/{message.msgid}").json()

    assert (answer["state"], answer["ledger"]) == ("expanding", EMPTY)


def test_the_colons_of_a_msgid_may_be_escaped(
    business_line: BusinessLine, channel: Channel
) -> None:
    message = accept(channel, line=business_line)

    response = get(business_line, "/v1/message/" + message.msgid.replace(":", "%3A"))

    assert response.json()["msgid"] == message.msgid


def assert_refused(caller: BusinessLine | AccessKey, msgid: str, *, status: int, code: int) -> Any:
    response = get(caller, f"/v1/message/{msgid}")
    assert (response.status_code, response.json()["code"]) == (status, code)
    return response.json()["message"]


def test_the_message_of_another_line_is_not_there(
    business_line: BusinessLine, channel: Channel
) -> None:
    other = accept(channel, line=BusinessLine.objects.create(name="Other"))
    of_console = accept(channel)

    for message in (other, of_console):
        words = assert_refused(business_line, message.msgid, status=404, code=4004)
        assert f"“{message.msgid}”" in words


@pytest.mark.parametrize("msgid", ["x", "v:1t:1p:1n:1", "%00", "%00x", "%E6%88%91", "%ff"])
def test_an_unknown_msgid_is_not_found(business_line: BusinessLine, msgid: str) -> None:
    assert_refused(business_line, msgid, status=404, code=4004)
