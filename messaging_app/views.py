"""The console's pages on messages that were sent."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from channels_app.models import Channel
from messaging_app import people, reports, retraction_report
from messaging_app.actions import MAY_CONTROL, actions
from messaging_app.audience import Audience
from messaging_app.audience_words import audience_words
from messaging_app.control import repeatable
from messaging_app.forecast import forecasts
from messaging_app.ledger import BOXES, Ledger, deliveries, ledger, ledgers
from messaging_app.models import Delivery, Message
from ums.lib.console import render_page

MESSAGES_PER_PAGE = 25
PEOPLE_PER_PAGE = 50
SENDING_REFRESH_SECONDS = 3
RECEIPTS_REFRESH_SECONDS = 10
RECEIPTS_EXPECTED = timedelta(hours=1)
# Calls that were under way then end as they will.
ENDED_WHILE_SENDING = (Message.State.CANCELLED, Message.State.RETRACTED)

may_view = permission_required("messaging_app.view_message", raise_exception=True)


class CountedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """A paginator that is told how many rows there are, where the ledger knows it."""

    def __init__(self, rows: QuerySet[Delivery], per_page: int, *, known: int | None) -> None:
        super().__init__(rows, per_page)
        if known is not None:
            self.__dict__["count"] = known  # fills the cached property


@require_safe
@login_required
@may_view
def message_list(request: HttpRequest) -> HttpResponse:
    query, state = list_filter(request)
    page = Paginator(listed(query, state), MESSAGES_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "rows": _rows(request, list(page)),
        "here": request.get_full_path(),
        "page": page,
        "page_query": urlencode({"q": query, "state": state}),
        "export_query": f"?{urlencode({'q': query, 'state': state})}",
        "query": query,
        "state": state,
        "states": Message.State.choices,
        "may_add": request.user.has_perm("messaging_app.add_message"),
    }
    return render_page(request, "messages/message_list.html", context, title=_("Messages"))


@require_safe
@login_required
@may_view
def report(request: HttpRequest, pk: int) -> HttpResponse:
    message = _message(pk)
    counts = ledger(message)
    query, box = report_filter(request)
    known = None if query else getattr(counts, box or "targets")
    found = deliveries(message, box=box, search=query)
    page = CountedPaginator(found, PEOPLE_PER_PAGE, known=known).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        **_figures(request, message, counts),
        "audience": audience_words(Audience.from_json(message.audience)),
        "content": json.dumps(message.content, ensure_ascii=False, indent=2),
        "people": [people.person(delivery) for delivery in page],
        "page": page,
        "page_query": urlencode({"q": query, "box": box}),
        "export_query": f"?{urlencode({'q': query, 'box': box})}",
        "found": f"{page.paginator.count:,}",
        "query": query,
        "box": box,
        "box_choices": [(name, reports.BOX_NAMES[name]) for name in BOXES],
    }
    return render_page(request, "messages/report.html", context, title=_("Message report"))


# Without login_required: htmx would put the login page into the report; a 403 it ignores.
@require_safe
@may_view
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the report that changes while the message is being sent."""
    message = _message(pk)
    context = _figures(request, message, ledger(message))
    return render(request, "messages/_figures.html", context)


def list_filter(request: HttpRequest) -> tuple[str, str]:
    """What the list of messages is searched for, and the state that it is limited to."""
    return _text(request, "q"), _choice(request, "state", Message.State.values)


def listed(query: str, state: str) -> QuerySet[Message]:
    # Audience and content may be megabytes, and nobody needs the line's secret here.
    found = Message.objects.select_related("operator", "business_line", "reviewer").defer(
        "audience", "content", "business_line__master_secret"
    )
    if query:
        found = found.filter(Q(msgid__startswith=query) | Q(summary__icontains=query))
    if state:
        found = found.filter(state=state)
    return found


def report_filter(request: HttpRequest) -> tuple[str, str]:
    """What a report's people are searched for, and the box that they are limited to."""
    return _text(request, "q"), _choice(request, "box", BOXES)


def _message(pk: int) -> Message:
    channels = Prefetch("channels", Channel.objects.only("name", "code"))
    found = Message.objects.select_related("operator", "business_line", "reviewer").defer(
        "business_line__master_secret"
    )
    return get_object_or_404(found.prefetch_related(channels), pk=pk)


def _rows(request: HttpRequest, messages: list[Message]) -> list[reports.Row]:
    counts, may, words = ledgers(messages), actions(request.user, messages), forecasts(messages)
    return [
        reports.row(message, counts[message.pk], may[message.pk], words.get(message.pk, ""))
        for message in messages
    ]


def _figures(request: HttpRequest, message: Message, counts: Ledger) -> dict[str, object]:
    retraction = retraction_report.summary(message)
    may, words = actions(request.user, [message]), forecasts([message])
    may_repeat = counts.unknown and request.user.has_perms(MAY_CONTROL)
    return {
        "message": message,
        "row": reports.row(message, counts, may[message.pk], words.get(message.pk, "")),
        "unknown": reports.devices(counts.unknown) if counts.unknown else "",
        "may_repeat": bool(may_repeat and repeatable(message)),
        "channels": message.channels.all(),
        "steps": reports.funnel(counts),
        "boxes": reports.boxes(counts),
        "sum": reports.adds_up(counts),
        "counting": message.state == Message.State.EXPANDING,
        "adds_up": counts.total == counts.targets,
        "reasons": people.reasons(message),
        "retraction": retraction,
        "refresh_seconds": SENDING_REFRESH_SECONDS
        if retraction and retraction.pending
        else _refresh_seconds(message, counts, timezone.now()),
    }


def _refresh_seconds(message: Message, counts: Ledger, now: datetime) -> int:
    """How soon the figures may differ; 0 where they hardly will."""
    under_way = counts.queued and message.state in ENDED_WHILE_SENDING
    if under_way or message.state in (Message.State.EXPANDING, Message.State.SENDING):
        return SENDING_REFRESH_SECONDS
    if message.state == Message.State.PAUSED:
        return RECEIPTS_REFRESH_SECONDS
    awaited = counts.sent + counts.delivered
    if awaited and now - message.created_at < RECEIPTS_EXPECTED:
        return RECEIPTS_REFRESH_SECONDS
    return 0


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()


def _choice(request: HttpRequest, name: str, choices: list[str] | tuple[str, ...]) -> str:
    value = request.GET.get(name, "")
    return value if value in choices else ""
