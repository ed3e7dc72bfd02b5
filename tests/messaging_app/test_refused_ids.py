"""Taking registrationIDs out that JPush refuses; the others of the call go on."""

from typing import Any

import pytest
from django.utils import timezone
from responses import RequestsMock

from channels_app.jpush.errors import JPushError
from channels_app.models import AccessKey, Channel
from messaging_app.calling import Caller
from messaging_app.ledger import deliveries, ledger
from messaging_app.models import Batch, Delivery, Message
from messaging_app.outcomes import record
from messaging_app.verdicts import Outcome, refused
from tests.messaging_app.calls import post
from tests.messaging_app.expansions import devices
from tests.messaging_app.figures import receive
from tests.messaging_app.makers import (
    PUSH_URL,
    add_crowd,
    add_person,
    claimed,
    expanded,
    one_batch,
    push,
    reread,
)
from tests.messaging_app.receipts import assert_counters_equal_the_rows
from users_app.models import Registration

BAD = JPushError("The registration_id bad is invalid!", code=1003, http_status=400)


def error(code: int, message: str = "words of JPush") -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def bad_ids(*ids: str) -> JPushError:
    return JPushError("x" * 600, code=1003, http_status=400, illegal_ids=ids)


def refusal(batch: Batch, refused_by: JPushError) -> Outcome:
    """What the call for `batch`, claimed now, has led to."""
    expires_at = batch.message.expires_at
    return refused(
        claimed(batch, cids=["c"] * 9), refused_by, expires_at=expires_at, now=timezone.now()
    )


def marked() -> list[str]:
    bad = Registration.objects.exclude(invalid_at=None).order_by("registration_id")
    return list(bad.values_list("registration_id", flat=True))


@pytest.mark.parametrize(
    "answer",
    [
        error(1003, "The registration_id bad is invalid!"),
        error(20101, "registration_id bad is invalid"),
        {"error": {"code": 1003, "message": "some", "illegal_rids": ["bad"]}},
        {"illegal_rids": ["bad"], **error(1003)},
    ],
)
def test_a_bad_id_is_taken_out_and_the_rest_is_sent(
    caller: Caller, channel: Channel, jpush: RequestsMock, answer: dict[str, Any]
) -> None:
    add_person("u1", devices={channel: ["good1", "bad", "good2"]})
    jpush.post(PUSH_URL, status=400, json=answer)
    jpush.post(PUSH_URL, json={"msg_id": "77"})
    message = expanded(channel)

    first = push(caller, Batch.objects.get(), cid="c0")
    rest = push(caller, Batch.objects.exclude(pk=first.pk).get(), cid="c1")

    assert (first.state, first.size, first.invalid) == (Batch.State.FAILED, 1, 1)
    assert (rest.state, rest.size, rest.cid) == (Batch.State.SENT, 2, "c1")
    counts = ledger(message)
    assert (counts.invalid_id, counts.sent, counts.total, counts.targets) == (1, 2, 3, 3)
    [bad] = deliveries(message, box="invalid_id")
    assert bad.registration_id == "bad"
    assert marked() == ["bad"]
    assert Registration.objects.get(registration_id="bad").invalid_reason


def test_a_bad_id_is_skipped_until_it_is_uploaded_again(
    channel: Channel, access_key: AccessKey
) -> None:
    add_person("u1", devices={channel: ["bad", "good"]})
    expanded(channel)
    record([refusal(Batch.objects.get(), BAD)])
    assert set(devices(expanded(channel))) == {"good"}

    body = [{"userid": "u1", "add": {"app": {"app1": ["bad"]}}}]
    assert post(access_key, "/v1/user/opt", body).json()["code"] == 0

    assert set(devices(expanded(channel))) == {"bad", "good"}
    assert marked() == []


def test_a_bad_id_of_somebody_else_fails_the_batch(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, status=400, json=error(1003, "The registration_id who is invalid!"))

    batch = push(caller, one_batch(channel))

    assert (batch.state, batch.size, batch.invalid) == (Batch.State.FAILED, 2, 0)
    assert batch.error_code == 1003
    assert Batch.objects.count() == 1


def test_several_bad_ids_leave_at_once_and_are_marked(channel: Channel) -> None:
    add_crowd(channel, 5)
    message = expanded(channel)
    Batch.objects.update(lane=Batch.Lane.BULK)
    batch = Batch.objects.get()

    record([refusal(batch, bad_ids("r0", "r3", "stranger"))])

    reread(batch)
    fresh = Batch.objects.exclude(pk=batch.pk).get()
    assert (batch.state, batch.size, batch.invalid) == (Batch.State.FAILED, 2, 2)
    assert (fresh.pk, fresh.state, fresh.size) == (batch.pk + 1, Batch.State.QUEUED, 3)
    assert (fresh.attempts, fresh.cid, fresh.lease, fresh.lane) == (0, "", "", Batch.Lane.BULK)
    assert marked() == ["r0", "r3"]
    reasons = Registration.objects.exclude(invalid_at=None).values_list("invalid_reason", flat=True)
    assert set(reasons) == {"1003: " + "x" * 249}
    counts = ledger(message)
    assert (counts.queued, counts.invalid_id, counts.total) == (3, 2, message.targets)


def test_a_batch_of_bad_ids_only_leaves_no_other(channel: Channel) -> None:
    batch = one_batch(channel, "bad1", "bad2")

    record([refusal(batch, bad_ids("bad1", "bad2"))])

    reread(batch)
    assert (batch.state, batch.size, batch.invalid) == (Batch.State.FAILED, 2, 2)
    assert Batch.objects.count() == 1
    assert ledger(batch.message).invalid_id == 2


def test_splitting_ends_when_every_id_was_bad(channel: Channel) -> None:
    message = expanded(channel, registration_ids=("b1", "b2", "b3"))

    for name in ("b1", "b2", "b3"):
        record([refusal(Batch.objects.get(state=Batch.State.QUEUED), bad_ids(name))])

    assert list(Batch.objects.values_list("state", "size", "invalid")) == [("failed", 1, 1)] * 3
    assert ledger(message).invalid_id == ledger(message).total == 3


def test_a_split_takes_the_next_free_number(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = expanded(channel)
    first, second = Batch.objects.order_by("pk")
    ids = Delivery.objects.filter(batch=first).values_list("registration_id", flat=True)

    record([refusal(first, bad_ids(ids[0]))])

    assert Batch.objects.get(pk=second.pk + 1).size == 999
    assert ledger(message).total == 1500


def test_a_registration_of_another_channel_is_not_marked(channel: Channel, second: Channel) -> None:
    add_person("u1", devices={channel: ["bad"], second: ["bad"]})
    expanded(channel)

    record([refusal(Batch.objects.get(), BAD)])

    assert Registration.objects.get(channel=channel).invalid_at is not None
    assert Registration.objects.get(channel=second).invalid_at is None


def test_receipts_that_came_before_the_refusal_stay_with_their_batch(channel: Channel) -> None:
    """Of an earlier attempt whose answer was lost: it may have reached some of them."""
    add_crowd(channel, 4)
    message = expanded(channel)
    batch = Batch.objects.get()
    receive(batch, clicked="r1")

    record([refusal(batch, bad_ids("r0", "r1"))])

    reread(batch)
    assert (batch.state, batch.size, batch.invalid, batch.clicked) == ("failed", 2, 1, 1)
    assert Batch.objects.exclude(pk=batch.pk).get().size == 2
    assert_counters_equal_the_rows()
    counts = ledger(message)
    assert (counts.clicked, counts.invalid_id, counts.queued, counts.total) == (1, 1, 2, 4)
    assert marked() == ["r0"]


def reached_somebody(channel: Channel) -> None:
    """A push of the channel has been accepted at some time."""
    one_batch(channel, "somebody")
    Batch.objects.update(state=Batch.State.SENT)


@pytest.mark.parametrize("code", [1011, 21011])
def test_no_target_marks_all_ids_where_the_channel_has_reached_somebody(
    caller: Caller, channel: Channel, jpush: RequestsMock, code: int
) -> None:
    reached_somebody(channel)
    add_person("u1", devices={channel: ["r1", "r2"]})
    jpush.post(PUSH_URL, status=400, json={**error(code), "msg_id": 1309530630})
    message = expanded(channel)

    batch = push(caller, Batch.objects.get(message=message))

    assert (batch.state, batch.error_code, batch.size, batch.invalid) == ("failed", code, 2, 2)
    assert marked() == ["r1", "r2"]
    assert ledger(message).invalid_id == ledger(message).total == 2
    assert Batch.objects.filter(message=message).count() == 1


def test_no_target_marks_nobody_where_the_channel_has_reached_nobody(
    caller: Caller, channel: Channel, second: Channel, jpush: RequestsMock
) -> None:
    """Its AppKey may be that of another app."""
    reached_somebody(second)
    add_person("u1", devices={channel: ["r1"]})
    jpush.post(PUSH_URL, status=400, json=error(1011))
    message = expanded(channel)

    batch = push(caller, Batch.objects.get(message=message))

    assert (batch.state, batch.error_code, batch.invalid) == (Batch.State.FAILED, 1011, 0)
    assert marked() == []
    assert ledger(message).failed == 1


@pytest.mark.parametrize("platform", [["android"], ["android", "ios"], "android"])
def test_no_target_marks_nobody_where_the_message_is_for_some_platforms_only(
    caller: Caller, channel: Channel, jpush: RequestsMock, platform: object
) -> None:
    reached_somebody(channel)
    add_person("u1", devices={channel: ["r1"]})
    jpush.post(PUSH_URL, status=400, json=error(1011))
    message = expanded(channel)
    Message.objects.update(content={"platform": platform, "notification": {"alert": "Hi"}})

    batch = push(caller, Batch.objects.get(message=message))

    assert (batch.state, batch.error_code, batch.invalid) == (Batch.State.FAILED, 1011, 0)
    assert marked() == []
    assert ledger(message).failed == 1
