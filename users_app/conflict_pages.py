"""The console's pages for conflicts: figures, lists, files and clean-ups, one channel at a time."""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from channels_app.models import Channel
from ums.lib.console import render_page
from ums.lib.errors import DomainError
from ums.lib.exports.responses import respond
from users_app.conflict_kinds import Kind
from users_app.conflicts import Conflict, clean_up

ROWS_PER_PAGE = 50
DAYS = (30, 90, 180, 365)
DEFAULT_DAYS = 90
MAY_CLEAN_UP = {
    Kind.SHARED: "users_app.change_registration",
    Kind.STALE: "users_app.delete_registration",
}

may_view = permission_required("users_app.view_registration", raise_exception=True)


@dataclass(frozen=True, slots=True)
class Card:
    """A kind of conflict on the page: its number, and what may be done about it."""

    kind: Kind
    explained: str
    number: int
    offer: str

    @property
    def shown(self) -> str:
        return f"{self.number:,}"


@require_GET
@login_required
@may_view
def overview(request: HttpRequest) -> HttpResponse:
    channels = list(Channel.objects.defer("master_secret"))
    channel = next((c for c in channels if str(c.pk) == request.GET.get("channel")), None)
    channel = channel or next(iter(channels), None)
    days = _days(request)
    context: dict[str, object] = {
        "channels": channels,
        "channel": channel,
        "days": days,
        "days_choices": DAYS,
        "query": _query(channel, days) if channel else "",
        "cards": [_card(request, Conflict(kind, channel, days)) for kind in Kind]
        if channel
        else [],
        "may_change_policy": request.user.has_perm("channels_app.change_channel"),
    }
    return render_page(request, "users/conflicts.html", context, title=_("Device conflicts"))


@require_GET
@login_required
@may_view
def conflict_list(request: HttpRequest, kind: str) -> HttpResponse:
    conflict = _conflict(request, kind)
    page = Paginator(conflict.found(), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "conflict": conflict,
        "explained": conflict.kind.explained(conflict.days),
        "counted": conflict.kind.counted(page.paginator.count),
        "heading": conflict.heading(),
        "rows": conflict.rows(list(page)),
        "page": page,
        "page_query": _query(conflict.channel, conflict.days).removeprefix("?"),
        "query": _query(conflict.channel, conflict.days),
    }
    title = str(conflict.kind.label)
    return render_page(request, "users/conflict_list.html", context, title=title)


@require_GET
@login_required
@may_view
def conflict_export(request: HttpRequest, kind: str, ending: str) -> StreamingHttpResponse:
    return respond(_conflict(request, kind).table(), ending)


@require_POST
@login_required
def conflict_clean_up(request: HttpRequest, kind: str) -> HttpResponse:
    """`expected` is the number that the pressed button named."""
    conflict = _conflict(request, kind)
    right = MAY_CLEAN_UP.get(conflict.kind)
    if right is None:
        raise Http404
    if not request.user.has_perms(("users_app.view_registration", right)):
        raise PermissionDenied
    expected = request.POST.get("expected", "")
    if not expected.isdecimal():
        raise Http404
    try:
        said = clean_up(
            conflict=conflict, expected=int(expected), operator=cast("User", request.user)
        )
    except DomainError as exc:
        messages.error(request, exc.message)
    else:
        messages.success(request, said)
    query = _query(conflict.channel, conflict.days)
    return redirect(f"{reverse('users:conflicts')}{query}")


def _card(request: HttpRequest, conflict: Conflict) -> Card:
    kind, number = conflict.kind, conflict.count()
    right = MAY_CLEAN_UP.get(kind)
    offer = kind.offer(number, conflict.days) if right and request.user.has_perm(right) else ""
    return Card(kind, kind.explained(conflict.days), number, offer)


def _conflict(request: HttpRequest, kind: str) -> Conflict:
    asked = request.GET.get("channel", "")
    if kind not in Kind.values or not asked.isdecimal():
        raise Http404
    channel = get_object_or_404(Channel.objects.defer("master_secret"), pk=asked)
    return Conflict(Kind(kind), channel, _days(request))


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, DAYS) else DEFAULT_DAYS


def _query(channel: Channel, days: int) -> str:
    return f"?{urlencode({'channel': channel.pk, 'days': days})}"
