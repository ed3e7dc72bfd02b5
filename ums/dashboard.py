"""What the console's first page shows: first steps, sends, running messages, channels, imports."""

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from channels_app.models import Channel
from messaging_app.approval import waiting
from messaging_app.channel_load import loads
from messaging_app.forecast import forecasts
from messaging_app.ledger import ledgers
from messaging_app.models import Message
from messaging_app.reports import Row, row
from messaging_app.statistics import Figures, last_days, total
from ums.first_run import ticks
from users_app import import_words
from users_app.models import ImportJob

DAYS = 14
RUNNING = (Message.State.EXPANDING, Message.State.SENDING, Message.State.PAUSED)
RUNNING_SHOWN = 5
WAITING_SHOWN = 5
IMPORTS_SHOWN = 5


def context(request: HttpRequest, shell: dict[str, Any]) -> dict[str, Any]:
    """`shell` with what this operator may see; a part that he may not see is None."""
    may = request.user.has_perm
    channels = list(Channel.objects.defer("master_secret"))
    page: dict[str, Any] = {
        "title": _("Dashboard"),
        "ticks": ticks(request.user, channels),
        "may_send": may("messaging_app.add_message"),
        "sends": _sends() if may("messaging_app.view_message") else None,
        "waiting": _waiting() if may("messaging_app.approve_message") else None,
        "running": _running() if may("messaging_app.view_message") else None,
        "channels": list(loads(channels).values()) if may("channels_app.view_channel") else None,
        "imports": _imports() if may("users_app.view_importjob") else None,
    }
    return {**shell, **page}


def _sends() -> dict[str, Any]:
    days = last_days(timezone.now(), DAYS)
    return {
        "periods": [(_("Today"), days[-1]), (_("%(days)d days") % {"days": DAYS}, total(days))],
        "days": days,
        "chart": _chart(days),
        "any": any(day.messages for day in days),
    }


def _chart(days: Sequence[Figures]) -> str:
    """Targets per day, as the shell's bar chart (Chart.js) takes them."""
    return json.dumps(
        {
            "labels": [date_format(day.day, "SHORT_DATE_FORMAT") for day in days if day.day],
            "datasets": [
                {
                    "label": _("targets"),
                    "data": [day.targets for day in days],
                    "backgroundColor": "var(--color-primary-600)",
                    "displayYAxis": True,
                    "maxTicksXLimit": 4,
                }
            ],
        }
    )


def _running() -> list[Row]:
    messages = list(
        Message.objects.filter(state__in=RUNNING)
        .select_related("operator", "business_line")
        .defer("audience", "content", "business_line__master_secret")[:RUNNING_SHOWN]
    )
    counts, words = ledgers(messages), forecasts(messages)
    return [
        row(message, counts[message.pk], forecast=words.get(message.pk, "")) for message in messages
    ]


def _waiting() -> list[Message]:
    return list(waiting()[:WAITING_SHOWN])


def _imports() -> list[import_words.Row]:
    jobs = ImportJob.objects.noteworthy_first().defer("report").select_related("operator")
    return import_words.rows(jobs[:IMPORTS_SHOWN])
