"""Writing down what became of calls."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.jpush.client import Rate
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from messaging_app import verdicts
from messaging_app.claiming import Claim
from messaging_app.models import Batch, Delivery
from messaging_app.outcomes import record
from messaging_app.states import LOSE_TRACK
from messaging_app.verdicts import Outcome, accepted, not_called
from tests.messaging_app.makers import (
    add_crowd,
    add_person,
    claimed,
    claims_of,
    expanded,
    one_batch,
    reread,
)
from users_app.models import Registration

BAD = JPushError("The registration_id bad is invalid!", code=1003, http_status=400)
FULL = JPushError("full", code=2002, http_status=429)
FINAL = JPushError("words", code=1005, http_status=400)
UNSURE = JPushError("nothing came", ambiguous=True)


def refused(claim: Claim, error: JPushError) -> Outcome:
    message = Batch.objects.select_related("message").get(pk=claim.batch_id).message
    return verdicts.refused(claim, error, expires_at=message.expires_at, now=timezone.now())


RESULTS: list[Callable[[Claim], Outcome]] = [
    lambda claim: not_called(claim, seconds=0),
    lambda claim: accepted(claim, "1", Rate()),
    *(
        lambda claim, error=error: refused(claim, error)
        for error in (
            FULL,
            FINAL,
            UNSURE,
            BAD,
            JPushError("x", code=1011, http_status=400),
            JPushError("x", code=1003, http_status=400, illegal_ids=("stranger",)),
        )
    ),
]


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("change", [{"lease": "other"}, {"state": "queued", "lease": ""}])
def test_who_has_lost_the_lease_changes_nothing(
    channel: Channel, result: Callable[[Claim], Outcome], change: dict[str, str]
) -> None:
    add_person("u1", devices={channel: ["bad", "good"]})
    expanded(channel)
    batch = Batch.objects.get()
    outcome = result(claimed(batch, cids=["c"]))
    Batch.objects.update(**change)
    before = Batch.objects.values().get()

    record([outcome])

    assert Batch.objects.values().get() == before
    assert not Delivery.objects.exclude(state=Delivery.State.PENDING, batch=batch).exists()
    assert not Registration.objects.exclude(invalid_at=None).exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FINAL, 1005),
        (JPushError("words", http_status=400), 400),
        (JPushError("words", code=0, http_status=400), 0),
        (JPushError("words"), None),
    ],
)
def test_an_error_is_kept_with_its_most_telling_number(
    channel: Channel, error: JPushError, code: int | None
) -> None:
    batch = one_batch(channel)

    record([refused(claimed(batch), error)])

    reread(batch)
    assert (batch.state, batch.error_code, batch.error_message) == ("failed", code, "words")


def test_a_success_wipes_out_the_error_of_the_attempt_before(channel: Channel) -> None:
    batch = one_batch(channel)
    record([refused(claimed(batch), FULL)])
    assert (reread(batch).error_code, batch.error_message) == (2002, "full")
    Batch.objects.update(not_before=timezone.now())

    record([accepted(claimed(batch), "1", Rate())])

    assert (reread(batch).error_code, batch.error_message) == (None, "")


def test_outcomes_of_many_kinds_are_written_at_once(channel: Channel) -> None:
    sent, full, failed, unknown, split = (
        one_batch(channel, f"r{n}", "bad" if n == 4 else f"s{n}") for n in range(5)
    )
    claims = claims_of(channel, cids=["c"] * 5)
    Batch.objects.filter(pk=unknown.pk).update(cid="")

    record(
        [
            accepted(claims[sent.pk], "17", Rate()),
            refused(claims[full.pk], FULL),
            refused(claims[failed.pk], FINAL),
            Outcome(claims[unknown.pk], LOSE_TRACK, in_doubt=True, error=UNSURE),
            refused(claims[split.pk], BAD),
        ]
    )

    states = [reread(batch).state for batch in (sent, full, failed, unknown, split)]
    assert states == ["sent", "queued", "failed", "unknown", "failed"]
    assert sent.jpush_msg_id == "17"
    assert (split.size, split.invalid) == (1, 1)
    assert not Batch.objects.exclude(lease="").exists()


def queries_for(channel: Channel, number: int) -> int:
    add_crowd(channel, number * 1000, prefix=f"{number}-")
    Batch.objects.all().delete()
    expanded(channel, userids=tuple(f"{number}-u{n}" for n in range(number * 1000)))
    claims = claims_of(channel, cids=[f"c{n}" for n in range(number)])
    assert len(claims) == number
    with CaptureQueriesContext(connection) as queries:
        record([accepted(claim, f"m{claim.batch_id}", Rate()) for claim in claims.values()])
    for batch in Batch.objects.all():
        assert (batch.state, batch.jpush_msg_id) == ("sent", f"m{batch.pk}")
    return len(queries)


def test_the_work_for_successes_does_not_grow_with_their_number(channel: Channel) -> None:
    assert queries_for(channel, 2) == queries_for(channel, 5) < 6
