"""Writing down what became of a batch."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app import outcomes
from messaging_app.ledger import ledger
from messaging_app.models import Batch, Delivery, Message
from tests.messaging_app.makers import add_crowd, add_person, expanded, leased, one_batch
from users_app.models import Registration

BAD = JPushError("The registration_id bad is invalid!", code=1003, http_status=400)


def bad_ids(*ids: str) -> JPushError:
    return JPushError("x" * 600, code=1003, http_status=400, illegal_ids=ids)


@pytest.mark.parametrize(
    "record",
    [
        lambda batch: outcomes.release(batch, seconds=0),
        lambda batch: outcomes.record_sent(batch, msg_id="1"),
        lambda batch: outcomes.record_failed(batch, BAD),
        lambda batch: outcomes.record_unknown(batch, BAD),
        lambda batch: outcomes.drop_bad_ids(batch, BAD),
        lambda batch: outcomes.drop_bad_ids(batch, bad_ids("stranger")),
    ],
)
@pytest.mark.parametrize("change", [{"lease": "other"}, {"state": "queued", "lease": ""}])
def test_who_has_lost_the_lease_changes_nothing(
    channel: Channel, record: Callable[[Batch], None], change: dict[str, str]
) -> None:
    add_person("u1", devices={channel: ["bad", "good"]})
    expanded(channel)
    batch = leased(Batch.objects.get())
    Batch.objects.update(**change)
    before = Batch.objects.values().get()

    record(batch)

    assert Batch.objects.values().get() == before
    assert not Delivery.objects.exclude(state=Delivery.State.PENDING, batch=batch).exists()
    assert not Registration.objects.exclude(invalid_at=None).exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JPushError("words", code=1011, http_status=400), 1011),
        (JPushError("words", http_status=404), 404),
        (JPushError("words", code=0, http_status=400), 0),
        (JPushError("words"), None),
    ],
)
def test_an_error_is_kept_with_its_most_telling_number(
    channel: Channel, error: JPushError, code: int | None
) -> None:
    batch = leased(one_batch(channel))

    outcomes.record_failed(batch, error)

    batch.refresh_from_db()
    assert (batch.error_code, batch.error_message) == (code, "words")


def test_a_success_wipes_out_the_error_of_the_attempt_before(channel: Channel) -> None:
    batch = leased(one_batch(channel))
    outcomes.release(batch, seconds=0, error=BAD)
    batch.refresh_from_db()
    assert batch.error_code == 1003

    outcomes.record_sent(leased(batch), msg_id="1")

    batch = Batch.objects.get()
    assert batch.error_code is None
    assert batch.error_message == ""


def test_several_bad_ids_leave_at_once_and_are_marked(channel: Channel) -> None:
    add_crowd(channel, 5)
    message = expanded(channel)
    batch = leased(Batch.objects.get())

    outcomes.drop_bad_ids(batch, bad_ids("r0", "r3", "stranger"))

    batch.refresh_from_db()
    fresh = Batch.objects.exclude(pk=batch.pk).get()
    assert (batch.state, batch.size, batch.invalid) == (Batch.State.FAILED, 2, 2)
    assert (fresh.pk, fresh.state, fresh.size) == (batch.pk + 1, Batch.State.QUEUED, 3)
    assert (fresh.attempts, fresh.cid, fresh.lease) == (0, "", "")
    marked = Registration.objects.exclude(invalid_at=None).order_by("registration_id")
    assert list(marked.values_list("registration_id", flat=True)) == ["r0", "r3"]
    assert {registration.invalid_reason for registration in marked} == {"x" * 255}
    counts = ledger(message)
    assert (counts.queued, counts.invalid_id, counts.total) == (3, 2, message.targets)


def test_a_batch_of_bad_ids_only_leaves_no_other(channel: Channel) -> None:
    batch = leased(one_batch(channel, "bad1", "bad2"))

    outcomes.drop_bad_ids(batch, bad_ids("bad1", "bad2"))

    batch.refresh_from_db()
    assert (batch.state, batch.size, batch.invalid) == (Batch.State.FAILED, 2, 2)
    assert Batch.objects.count() == 1
    assert ledger(batch.message).invalid_id == 2


def test_splitting_ends_when_every_id_was_bad(channel: Channel) -> None:
    message = expanded(channel, registration_ids=("b1", "b2", "b3"))

    for name in ("b1", "b2", "b3"):
        batch = leased(Batch.objects.get(state=Batch.State.QUEUED))
        outcomes.drop_bad_ids(batch, bad_ids(name))

    assert list(Batch.objects.values_list("state", "size", "invalid")) == [("failed", 1, 1)] * 3
    assert ledger(message).invalid_id == ledger(message).total == 3


def test_a_split_takes_the_next_free_number(channel: Channel) -> None:
    add_crowd(channel, 1500)
    message = expanded(channel)
    first, second = Batch.objects.order_by("pk")
    ids = Delivery.objects.filter(batch=first).values_list("registration_id", flat=True)

    outcomes.drop_bad_ids(leased(first), bad_ids(ids[0]))

    assert Batch.objects.get(pk=second.pk + 1).size == 999
    counts = ledger(message)
    assert (counts.total, counts.queued) == (1500, 1499)


def test_a_registration_of_another_channel_is_not_marked(channel: Channel) -> None:
    other = Channel.objects.create(code="b", name="B", app_key="b", master_secret="s")
    add_person("u1", devices={channel: ["bad"], other: ["bad"]})
    expanded(channel)

    outcomes.drop_bad_ids(leased(Batch.objects.get()), BAD)

    assert Registration.objects.get(channel=channel).invalid_at is not None
    assert Registration.objects.get(channel=other).invalid_at is None


@pytest.mark.parametrize("state", list(Batch.State))
def test_a_message_is_done_when_its_last_batch_rests(channel: Channel, state: Batch.State) -> None:
    add_crowd(channel, 1500)
    message = expanded(channel)
    first, second = Batch.objects.order_by("pk")
    Batch.objects.filter(pk=first.pk).update(state=Batch.State.SENT)
    Batch.objects.filter(pk=second.pk).update(state=state)

    rests = state not in {Batch.State.QUEUED, Batch.State.PUSHING}
    assert outcomes.finish_messages() == rests

    message.refresh_from_db()
    assert message.state == (Message.State.DONE if rests else Message.State.SENDING)
    assert (message.done_at is not None) == rests
    assert outcomes.finish_messages() == 0


def test_a_message_to_nobody_is_done_at_once(channel: Channel) -> None:
    message = expanded(channel, userids=("nobody",))

    assert outcomes.finish_messages() == 1

    message.refresh_from_db()
    assert message.state == Message.State.DONE
    assert message.done_at is not None
    assert message.done_at <= timezone.now()


def test_a_message_that_is_not_expanded_is_not_done(channel: Channel) -> None:
    message = expanded(channel)
    Message.objects.update(state=Message.State.EXPANDING)

    assert outcomes.finish_messages() == 0

    message.refresh_from_db()
    assert message.done_at is None
