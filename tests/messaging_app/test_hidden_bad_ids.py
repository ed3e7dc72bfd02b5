"""A call that JPush refuses for an id which it does not name: found by halves."""

import json

import pytest
from django.db import transaction
from django.utils import timezone
from requests import PreparedRequest
from responses import RequestsMock

from channels_app.models import Channel
from messaging_app.calling import Caller
from messaging_app.claiming import claim
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Delivery, Message
from messaging_app.outcomes import record
from messaging_app.sweeps import finish_messages
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import PUSH_URL, add_crowd, expanded, one_batch
from users_app.models import Registration

BAD = "r13"


@pytest.fixture
def pushed(jpush: RequestsMock) -> list[str]:
    """JPush that refuses each call in which the bad id is; the ids that it has accepted."""
    accepted: list[str] = []

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        ids = json.loads(request.body or "")["audience"]["registration_id"]
        if BAD in ids:
            error = {"code": 20101, "message": "registration id is invalid"}
            return 400, {}, json.dumps({"error": error})
        accepted.extend(ids)
        return 200, {}, json.dumps({"msg_id": str(len(accepted))})

    jpush.add_callback("POST", PUSH_URL, callback=answer)
    return accepted


def push_all(caller: Caller, channel: Channel) -> int:
    """Push until nothing waits; how many calls that took."""
    calls = 0
    while True:
        with transaction.atomic():
            claims = claim(channel, 100, cids=[f"c{calls + n}" for n in range(100)])
        if not claims:
            return calls
        record([caller.push(each) for each in claims])
        calls += len(claims)
        assert calls < 50


def test_only_the_bad_id_is_marked_and_all_others_get_the_message_once(
    channel: Channel, caller: Caller, pushed: list[str]
) -> None:
    settle(one_batch(channel, "earlier"), Batch.State.SENT, pushed_at=timezone.now())
    add_crowd(channel, 100)
    message = expanded(channel)

    calls = push_all(caller, channel)
    finish_messages()

    message.refresh_from_db()
    figures = ledger(message)
    assert message.state == Message.State.DONE
    assert (figures.sent, figures.invalid_id, figures.failed, figures.total) == (99, 1, 0, 100)
    assert Delivery.objects.get(state=Delivery.State.INVALID_ID).registration_id == BAD
    assert list(Registration.objects.filter(invalid_at__isnull=False)) == [
        Registration.objects.get(registration_id=BAD)
    ]
    assert sorted(pushed) == sorted(f"r{n}" for n in range(100) if f"r{n}" != BAD)
    assert calls <= 2 * 8  # two for each halving of 100


def test_a_channel_that_has_reached_nobody_is_not_searched(
    channel: Channel, caller: Caller, pushed: list[str]
) -> None:
    add_crowd(channel, 100)
    message = expanded(channel)

    assert push_all(caller, channel) == 1

    assert (ledger(message).failed, ledger(message).invalid_id) == (100, 0)
    assert not Registration.objects.filter(invalid_at__isnull=False).exists()


def test_another_parameter_of_the_same_code_is_not_searched(
    channel: Channel, caller: Caller, jpush: RequestsMock
) -> None:
    settle(one_batch(channel, "earlier"), Batch.State.SENT, pushed_at=timezone.now())
    add_crowd(channel, 100)
    message = expanded(channel)
    error = {"code": 1003, "message": "Parameter value is invalid: options.sendno"}
    jpush.post(PUSH_URL, status=400, json={"error": error})

    assert push_all(caller, channel) == 1

    assert ledger(message).failed == 100
