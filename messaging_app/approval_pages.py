"""The console's pages Approvals: messages by API that wait for an operator."""

import json
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from channels_app.models import Channel
from messaging_app import approval, reports, wording
from messaging_app.approval_forms import ApprovalForm, RefusalForm
from messaging_app.audience import Audience
from messaging_app.audience_words import audience_words
from messaging_app.forms import PLATFORM_NAMES
from messaging_app.models import Message
from messaging_app.samples import samples
from messaging_app.targets import Reach, reach
from ums.lib.console import render_page
from ums.lib.errors import DomainError

WAITING_PER_PAGE = 25
DECISIONS_SHOWN = 50

may_approve = permission_required("messaging_app.approve_message", raise_exception=True)


@require_safe
@login_required
@may_approve
def approval_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(approval.waiting(), WAITING_PER_PAGE).get_page(request.GET.get("page"))
    decisions = approval.reviewed()[:DECISIONS_SHOWN]
    context: dict[str, object] = {
        "page": page,
        "page_query": "",
        "decisions": [(message, approval.is_refused(message)) for message in decisions],
    }
    return render_page(request, "messages/approval_list.html", context, title=_("Approvals"))


@require_safe
@login_required
@may_approve
def approval_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _detail_page(request, _message(pk), RefusalForm())


@require_POST
@login_required
@may_approve
def approval_approve(request: HttpRequest, pk: int) -> HttpResponse:
    message, form = _message(pk), ApprovalForm(request.POST)
    if message.state == Message.State.PENDING_APPROVAL:
        read = form.cleaned_data["devices"] if form.is_valid() else None
        now = _reach(message).devices
        if read != now:
            messages.warning(request, _changed_words(now))
            return redirect("messages:approval_detail", pk)
    try:
        approved = approval.approve(message=message, reviewer=cast("User", request.user))
    except DomainError as exc:
        messages.error(request, exc.message)
        return redirect("messages:approval_detail", pk)
    messages.success(request, _approved_words(approved))
    return redirect("messages:approval_list")


@require_POST
@login_required
@may_approve
def approval_refuse(request: HttpRequest, pk: int) -> HttpResponse:
    message, form = _message(pk), RefusalForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, message, form)
    reviewer, reason = cast("User", request.user), form.cleaned_data["reason"]
    try:
        approval.refuse(message=message, reviewer=reviewer, reason=reason)
    except DomainError as exc:
        messages.error(request, exc.message)
        return redirect("messages:approval_detail", pk)
    messages.success(request, _("Refused: nothing of the message has been sent."))
    return redirect("messages:approval_list")


def _detail_page(request: HttpRequest, message: Message, refusal: RefusalForm) -> HttpResponse:
    waits = message.state == Message.State.PENDING_APPROVAL
    context: dict[str, object] = {
        "message": message,
        "tone": reports.STATE_TONES[Message.State(message.state)],
        "verdict": approval.verdict(message),
        "waits": waits,
        "channels": message.channels.all(),
        "later": message.send_at and message.send_at > timezone.now(),
        "audience": audience_words(_audience(message)),
        "platforms": _platform_names(wording.platforms(message.content)),
        "wordings": [
            (_platform_names(said.platforms), {"title": said.title, "text": said.text})
            for said in wording.wordings(message.content)
        ],
        "content": json.dumps(message.content, ensure_ascii=False, indent=2),
        "refusal": refusal,
        **(_decision(message, cast("User", request.user)) if waits else {}),
    }
    status = 400 if refusal.errors else 200
    title = _("Approve or refuse")
    return render_page(
        request, "messages/approval_detail.html", context, title=title, status=status
    )


def _decision(message: Message, reviewer: User) -> dict[str, object]:
    """What whoever decides must know, counted now."""
    now = _reach(message)
    return {
        "reach": now,
        "devices": reports.devices(now.devices),
        "people_without": reports.people(now.no_device),
        "samples": samples(_audience(message), _channel_ids(message), _line_key(message)),
        "hindrance": approval.hindrance(message, reviewer),
        "approval": ApprovalForm(initial={"devices": now.devices}),
        "approve_label": ngettext(
            "Approve and send to %(count)s device",
            "Approve and send to %(count)s devices",
            now.devices,
        )
        % {"count": f"{now.devices:,}"},
    }


def _message(pk: int) -> Message:
    channels = Prefetch("channels", Channel.objects.only("name", "code"))
    found = Message.objects.filter(
        Q(state=Message.State.PENDING_APPROVAL) | Q(reviewed_at__isnull=False)
    ).select_related("operator", "business_line", "reviewer")
    return get_object_or_404(
        found.defer("business_line__master_secret").prefetch_related(channels), pk=pk
    )


def _reach(message: Message) -> Reach:
    return reach(_audience(message), _channel_ids(message), _line_key(message))


def _audience(message: Message) -> Audience:
    return Audience.from_json(message.audience)


def _channel_ids(message: Message) -> list[int]:
    return [channel.pk for channel in message.channels.all()]


def _line_key(message: Message) -> str | None:
    return message.business_line.channel_key if message.business_line else None


def _platform_names(names: tuple[str, ...]) -> str:
    return ", ".join(PLATFORM_NAMES.get(name, name) for name in names)


def _changed_words(now: int) -> str:
    return _(
        "Nothing has been approved: the audience has changed since you read it, to %(now)s. Look at"
        " it again, then decide."
    ) % {"now": reports.devices(now)}


def _approved_words(message: Message) -> str:
    if message.state == Message.State.SCHEDULED and message.send_at:
        moment = date_format(timezone.localtime(message.send_at), "SHORT_DATETIME_FORMAT")
        return _("Approved: the message will be sent at %(moment)s.") % {"moment": moment}
    return _("Approved: the message is on its way.")
