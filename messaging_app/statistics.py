"""Sends per day, for the dashboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Min, Sum, Value, When
from django.utils import timezone

from messaging_app.models import BATCHES_PER_MESSAGE, Batch, Message
from messaging_app.reports import percent


@dataclass(frozen=True, slots=True)
class Figures:
    """Sends of one day, or of several together (`day` None); rates as in the report's funnel."""

    day: date | None
    messages: int = 0
    targets: int = 0
    accepted: int = 0
    delivered: int = 0
    clicked: int = 0

    @property
    def messages_shown(self) -> str:
        return f"{self.messages:,}"

    @property
    def targets_shown(self) -> str:
        return f"{self.targets:,}"

    @property
    def delivered_rate(self) -> str:
        return percent(self.delivered, self.accepted)

    @property
    def clicked_rate(self) -> str:
        return percent(self.clicked, self.delivered)


def last_days(now: datetime, number: int) -> list[Figures]:
    """The last `number` days in the current time zone, today last: two queries."""
    today = timezone.localtime(now).date()
    days = [today - timedelta(days=back) for back in reversed(range(number))]
    sent = {
        row["place"]: row
        for row in Message.objects.filter(created_at__gte=_midnight(days[0]))
        .order_by()
        .annotate(place=_place("created_at", [_midnight(day) for day in days]))
        .values("place")
        .annotate(messages=Count("pk"), sum_targets=Sum("targets"), first=Min("pk"))
    }
    became = _outcomes({place: row["first"] for place, row in sent.items()})
    return [
        Figures(
            day,
            messages=sent[place]["messages"],
            targets=sent[place]["sum_targets"],
            **became.get(place, {}),
        )
        if place in sent
        else Figures(day)
        for place, day in enumerate(days)
    ]


def total(days: Sequence[Figures]) -> Figures:
    return Figures(
        None,
        messages=sum(day.messages for day in days),
        targets=sum(day.targets for day in days),
        accepted=sum(day.accepted for day in days),
        delivered=sum(day.delivered for day in days),
        clicked=sum(day.clicked for day in days),
    )


def _outcomes(first_messages: dict[int, int]) -> dict[int, dict[str, int]]:
    """What became of the batches of each day, which begins with that message.

    A Batch's id begins with its message's, and ids grow with time: no join is needed.
    """
    if not first_messages:
        return {}
    places = sorted(first_messages)
    bounds = [first_messages[place] * BATCHES_PER_MESSAGE for place in places]
    rows = (
        Batch.objects.filter(pk__gte=bounds[0])
        .annotate(place=_place("pk", bounds, places))
        .values("place")
        .annotate(
            accepted=Sum(
                Case(
                    When(state=Batch.State.SENT, then=F("size") - F("invalid")),
                    default=F("delivered") + F("clicked"),
                    output_field=IntegerField(),
                )
            ),
            clicks=Sum("clicked"),
            reached=Sum("delivered") + Sum("clicked"),
        )
    )
    return {
        row["place"]: {
            "accepted": row["accepted"],
            "delivered": row["reached"],
            "clicked": row["clicks"],
        }
        for row in rows
    }


def _place(field: str, bounds: Sequence[Any], places: Sequence[int] | None = None) -> Case:
    """The place of the last bound that is not above `field`: plain comparisons, no time zones."""
    pairs = list(zip(range(len(bounds)) if places is None else places, bounds, strict=True))
    whens = [When(**{f"{field}__gte": bound}, then=Value(place)) for place, bound in pairs[::-1]]
    return Case(*whens, output_field=IntegerField())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
