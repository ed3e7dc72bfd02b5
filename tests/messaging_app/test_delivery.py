"""Handing one batch to JPush: the call as it is made, and what is on disk before it."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from requests import PreparedRequest
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app import quota
from messaging_app.delivery import CID_LIFE, Pusher, claim, return_expired_leases
from messaging_app.models import Batch, ChannelQuota, Delivery, Message
from tests.messaging_app.makers import (
    CID_URL,
    CONTENT,
    PUSH_URL,
    add_crowd,
    expanded,
    leased,
    one_batch,
    push,
)


def bodies(jpush: RequestsMock) -> list[dict[str, Any]]:
    return [json.loads(call.request.body) for call in jpush.calls if call.request.body]


def test_an_accepted_push_is_recorded(pusher: Pusher, channel: Channel, cids: RequestsMock) -> None:
    cids.post(PUSH_URL, json={"sendno": "0", "msg_id": "18101213529672826"})

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.jpush_msg_id) == (Batch.State.SENT, "18101213529672826")
    assert (batch.attempts, batch.cid) == (1, "c0")
    assert (batch.lease, batch.lease_until) == ("", None)
    assert (batch.error_code, batch.error_message) == (None, "")
    assert batch.pushed_at is not None
    assert not Delivery.objects.exclude(state=Delivery.State.PENDING).exists()


def test_the_push_says_what_was_asked_and_where_receipts_go(
    pusher: Pusher, channel: Channel, cids: RequestsMock, settings: Settings
) -> None:
    settings.UMS_BASE_URL = "https://ums.example.com"
    cids.post(PUSH_URL, json={"msg_id": "1"})
    content = {**CONTENT, "options": {"time_to_live": 60}}

    batch = push(pusher, one_batch(channel, "r2", "r1", content=content))

    assert bodies(cids) == [
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
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, json={"msg_id": "1"})

    push(pusher, one_batch(channel, content={**CONTENT, "options": {"apns_production": False}}))

    assert bodies(cids)[0]["options"] == {"apns_production": False}


def test_a_channel_without_receipts_does_not_ask_for_them(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    Channel.objects.update(send_callback=False)
    cids.post(PUSH_URL, json={"msg_id": "1"})

    push(pusher, one_batch(channel))

    assert "callback" not in bodies(cids)[0]


def test_each_batch_carries_its_own_thousand_ids(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, json={"msg_id": "1"})
    add_crowd(channel, 2500)
    expanded(channel)

    for batch_id, lease in claim(10):
        pusher.push(batch_id, lease)

    pushed = [body["audience"]["registration_id"] for body in bodies(cids)]
    assert [len(ids) for ids in pushed] == [1000, 1000, 500]
    assert {each for ids in pushed for each in ids} == {f"r{n}" for n in range(2500)}
    assert [body["cid"] for body in bodies(cids)] == ["c0", "c1", "c2"]
    assert len([call for call in cids.calls if str(call.request.url).startswith(CID_URL)]) == 1


def test_cid_and_attempt_are_on_disk_before_the_call(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    batch = one_batch(channel)
    seen: list[Batch] = []

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        seen.append(Batch.objects.get(pk=batch.pk))
        return 200, {}, '{"msg_id": "1"}'

    cids.add_callback("POST", PUSH_URL, callback=answer)
    leased(batch)
    Batch.objects.update(lease_until=timezone.now() + timedelta(seconds=1))

    pusher.push(batch.pk, batch.lease)

    [during] = seen
    assert (during.cid, during.attempts, during.state) == ("c0", 1, Batch.State.PUSHING)
    assert during.in_doubt
    assert during.cid_at is not None
    # The lease begins anew with the call, however long the waiting took.
    assert during.lease_until is not None
    assert during.lease_until > timezone.now() + timedelta(seconds=30)


def test_a_repetition_says_exactly_what_the_first_attempt_said(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    cids.post(PUSH_URL, status=503)
    cids.post(PUSH_URL, json={"msg_id": "1"})
    batch = push(pusher, one_batch(channel))
    assert batch.state == Batch.State.QUEUED
    # JPush had taken the first attempt, and a receipt of it is here already.
    Delivery.objects.filter(registration_id="rid1").update(state=Delivery.State.CLICKED)
    first_used = batch.cid_at
    Batch.objects.update(not_before=timezone.now(), clicked=1)

    batch = push(pusher, batch)

    first, second = bodies(cids)
    assert first == second
    assert first["cid"] == "c0"
    assert batch.cid_at == first_used is not None
    assert (batch.state, batch.attempts, batch.clicked) == (Batch.State.SENT, 2, 1)


def test_after_a_crash_the_same_cid_is_used(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    batch = leased(one_batch(channel))
    Batch.objects.update(cid="old", cid_at=timezone.now(), attempts=1, lease_until=timezone.now())
    return_expired_leases()

    push(pusher, batch)

    assert [body["cid"] for body in bodies(jpush)] == ["old"]


def test_a_lease_that_has_passed_on_makes_no_call(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = leased(one_batch(channel))
    Batch.objects.update(lease="another worker's")

    pusher.push(batch.pk, batch.lease)

    batch.refresh_from_db()
    assert (batch.lease, batch.attempts) == ("another worker's", 0)


def test_a_lease_that_passes_on_during_the_preparation_makes_no_push(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        Batch.objects.update(lease="another worker's")
        return 200, {}, '{"cidlist": ["c0"]}'

    jpush.add_callback("GET", CID_URL, callback=answer)

    batch = push(pusher, one_batch(channel))

    assert (batch.lease, batch.attempts, batch.cid) == ("another worker's", 0, "")
    assert batch.state == Batch.State.PUSHING


@pytest.mark.parametrize(("status", "text"), [(200, '{"msg_id": "1"}'), (400, "{}"), (503, "{}")])
def test_a_result_that_comes_after_the_lease_changes_nothing(
    pusher: Pusher, channel: Channel, cids: RequestsMock, status: int, text: str
) -> None:
    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        Batch.objects.update(lease="another worker's")
        return status, {}, text

    cids.add_callback("POST", PUSH_URL, callback=answer)

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.lease) == (Batch.State.PUSHING, "another worker's")
    assert (batch.jpush_msg_id, batch.error_message) == ("", "")


def test_a_message_that_expired_before_its_first_attempt_fails(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = one_batch(channel)
    Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    batch = push(pusher, batch)

    assert (batch.state, batch.attempts) == (Batch.State.FAILED, 0)
    assert "expired" in batch.error_message


def test_an_attempted_batch_is_repeated_while_its_cid_is_good(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    jpush.post(PUSH_URL, json={"msg_id": "1"})
    batch = one_batch(channel)
    good = timezone.now() - CID_LIFE + timedelta(minutes=1)
    Batch.objects.update(cid="old", cid_at=good, attempts=1, in_doubt=True)

    assert push(pusher, batch).state == Batch.State.SENT


def test_a_batch_whose_cid_has_expired_is_unknown(
    pusher: Pusher, channel: Channel, jpush: RequestsMock
) -> None:
    batch = one_batch(channel)
    Batch.objects.update(cid="old", cid_at=timezone.now() - CID_LIFE, attempts=1, in_doubt=True)

    batch = push(pusher, batch)

    assert (batch.state, batch.attempts) == (Batch.State.UNKNOWN, 1)
    assert "cid" in batch.error_message


def test_a_stopping_worker_gives_its_batch_back_at_once(
    pusher: Pusher, channel: Channel, jpush: RequestsMock, stopping: threading.Event
) -> None:
    stopping.set()

    batch = push(pusher, one_batch(channel))

    assert (batch.state, batch.attempts, batch.lease) == (Batch.State.QUEUED, 0, "")
    assert batch.not_before <= timezone.now()


def test_a_worker_that_is_stopped_while_it_waits_for_a_slot_gives_its_batch_back(
    pusher: Pusher, channel: Channel, cids: RequestsMock, stopping: threading.Event
) -> None:
    batch = leased(one_batch(channel))

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        # No slot is left for the push itself, and the order to stop comes while it waits.
        quota.block(channel, 15)
        threading.Timer(0.05, stopping.set).start()
        return 200, {}, '{"cidlist": ["c0"]}'

    cids.remove("GET", CID_URL)
    cids.add_callback("GET", CID_URL, callback=answer)

    pusher.push(batch.pk, batch.lease)

    batch.refresh_from_db()
    assert (batch.state, batch.attempts, batch.cid) == (Batch.State.QUEUED, 0, "")
    assert claim(1)


@pytest.mark.parametrize("cid", ["", "c1"])
def test_a_batch_that_would_wait_too_long_for_a_slot_makes_room(
    pusher: Pusher, channel: Channel, jpush: RequestsMock, cid: str
) -> None:
    batch = leased(one_batch(channel))
    Batch.objects.update(cid=cid)
    quota.block(channel, 40)

    pusher.push(batch.pk, batch.lease)

    batch.refresh_from_db()
    assert (batch.state, batch.attempts) == (Batch.State.QUEUED, 0)
    assert batch.not_before > timezone.now()


def test_a_minute_that_jpush_says_is_used_up_is_waited_for(
    pusher: Pusher, channel: Channel, cids: RequestsMock
) -> None:
    headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "45"}
    cids.post(PUSH_URL, json={"msg_id": "1"}, headers=headers)

    push(pusher, one_batch(channel))

    assert 40 < ChannelQuota.objects.get().next_call_at - timezone.now().timestamp() <= 45
    assert list(quota.paused_channels(30)) == [channel.pk]
