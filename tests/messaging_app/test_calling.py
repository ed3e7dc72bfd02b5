"""Handing one batch to JPush: the call as it is made, and what is on disk before it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from requests import PreparedRequest
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.claiming import START_SECONDS, claim
from messaging_app.models import Batch, Delivery, Message
from messaging_app.outcomes import record
from messaging_app.sweeps import return_expired_leases
from tests.messaging_app.makers import (
    CID_URL,
    CONTENT,
    PUSH_URL,
    add_crowd,
    calling,
    claimed,
    expanded,
    one_batch,
    push,
    reread,
)


def bodies(jpush: RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body) for call in jpush.calls if call.request.body]


def test_an_accepted_push_is_recorded(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, json={"sendno": "0", "msg_id": "18101213529672826"})

    batch = push(caller, one_batch(channel))

    assert (batch.state, batch.jpush_msg_id) == (Batch.State.SENT, "18101213529672826")
    assert (batch.attempts, batch.cid, batch.in_doubt) == (1, "c0", False)
    assert (batch.lease, batch.lease_until) == ("", None)
    assert (batch.error_code, batch.error_message) == (None, "")
    assert batch.pushed_at is not None
    assert not Delivery.objects.exclude(state=Delivery.State.PENDING).exists()


def test_the_push_says_what_was_asked_and_where_receipts_go(
    caller: Caller, channel: Channel, jpush: RequestsMock, settings: Settings
) -> None:
    settings.UMS_BASE_URL = "https://ums.example.com"
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    content = {**CONTENT, "options": {"time_to_live": 60}}

    batch = push(caller, one_batch(channel, "r2", "r1", content=content))

    assert bodies(jpush) == [
        {
            "platform": "all",
            "notification": {"alert": "Hi"},
            "audience": {"registration_id": ["r1", "r2"]},
            "cid": "c0",
            "options": {"apns_production": True, "time_to_live": 60},
            "callback": {
                "url": f"https://ums.example.com/callback/jpush/app1/{channel.callback_token}",
                "params": {"ums_batch": str(batch.pk)},
                "type": 3,
            },
        }
    ]


def test_the_development_environment_of_apns_can_be_asked_for(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"})

    push(caller, one_batch(channel, content={**CONTENT, "options": {"apns_production": False}}))

    assert bodies(jpush)[0]["options"] == {"apns_production": False}


def test_a_channel_without_receipts_does_not_ask_for_them(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    channel.send_callback = False
    channel.save()
    jpush.post(PUSH_URL, json={"msg_id": "1"})

    push(caller, one_batch(channel))

    assert "callback" not in bodies(jpush)[0]


def test_each_batch_carries_its_own_thousand_ids(
    caller: Caller, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, json={"msg_id": "1"})
    add_crowd(channel, 2500)
    expanded(channel)
    assert caller.refill(channel) is None

    with transaction.atomic():
        claims = claim(channel, 10, cids=list(caller.cids.take(channel, 10) or []))
    for each in claims:
        caller.push(each)

    pushed = [body["audience"]["registration_id"] for body in bodies(cids)]
    assert [len(ids) for ids in pushed] == [1000, 1000, 500]
    assert {each for ids in pushed for each in ids} == {f"r{n}" for n in range(2500)}
    assert len({body["cid"] for body in bodies(cids)} & {f"c{n}" for n in range(10)}) == 3
    assert len([call for call in cids.calls if str(call.request.url).startswith(CID_URL)]) == 1


def test_the_content_of_a_message_is_read_once_for_all_its_batches(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    add_crowd(channel, 1001)
    expanded(channel)
    with transaction.atomic():
        first, second = claim(channel, 10, cids=["c0", "c1"])
    caller.push(first)
    Message.objects.update(content={**CONTENT, "notification": {"alert": "changed"}})

    caller.push(second)

    assert [body["notification"] for body in bodies(jpush)] == [{"alert": "Hi"}] * 2


def test_cid_attempt_and_doubt_are_on_disk_before_the_call(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    batch = one_batch(channel)
    seen: list[Batch] = []

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        seen.append(Batch.objects.get(pk=batch.pk))
        return 200, {}, '{"msg_id": "1"}'

    jpush.add_callback("POST", PUSH_URL, callback=answer)

    push(caller, batch)

    [during] = seen
    assert (during.cid, during.attempts, during.state) == ("c0", 1, Batch.State.PUSHING)
    assert during.in_doubt
    assert during.cid_at is not None


def test_a_repetition_says_exactly_what_the_first_attempt_said(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, status=503)
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    batch = push(caller, one_batch(channel))
    assert batch.state == Batch.State.QUEUED
    # JPush had taken the first attempt, and a receipt of it is here already.
    Delivery.objects.filter(registration_id="rid1").update(state=Delivery.State.CLICKED)
    first_used = batch.cid_at
    Batch.objects.update(not_before=timezone.now(), clicked=1)

    batch = push(caller, batch, cid="another")

    first, second = bodies(jpush)
    assert first == second
    assert first["cid"] == "c0"
    assert batch.cid_at == first_used is not None
    assert (batch.state, batch.attempts, batch.clicked) == (Batch.State.SENT, 2, 1)


def test_after_a_crash_the_same_cid_is_used(
    caller: Caller, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    batch = calling(one_batch(channel))
    Batch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    return_expired_leases()

    push(caller, batch, cid="another")

    assert [body["cid"] for body in bodies(jpush)] == ["c"]


def test_a_claim_that_has_waited_too_long_makes_no_call(
    caller: Caller, channel: Channel, jpush: RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = one_batch(channel)
    claim = claimed(batch, cids=["c0"])
    later = claim.claimed_at + START_SECONDS + 0.1
    with monkeypatch.context() as patch:
        patch.setattr("messaging_app.claiming.time.monotonic", lambda: later)
        outcome = caller.push(claim)

    record([outcome])

    assert (reread(batch).state, batch.lease, batch.in_doubt) == (Batch.State.QUEUED, "", False)
    assert batch.not_before > timezone.now()


@pytest.mark.parametrize(("status", "text"), [(200, '{"msg_id": "1"}'), (400, "{}"), (503, "{}")])
def test_a_result_that_comes_after_the_lease_changes_nothing(
    caller: Caller, channel: Channel, jpush: RequestsMock, status: int, text: str
) -> None:
    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        Batch.objects.update(lease="another worker's")
        return status, {}, text

    jpush.add_callback("POST", PUSH_URL, callback=answer)

    batch = push(caller, one_batch(channel))

    assert (batch.state, batch.lease) == (Batch.State.PUSHING, "another worker's")
    assert (batch.jpush_msg_id, batch.error_message) == ("", "")
