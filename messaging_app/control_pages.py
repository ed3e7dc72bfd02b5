"""The buttons and pages that pause, resume and cancel a message, and push again what is unknown."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from messaging_app import control
from messaging_app.actions import MAY_CONTROL
from messaging_app.ledger import ledger
from messaging_app.models import Message
from messaging_app.reports import devices
from messaging_app.states import CANCEL
from ums.lib.console import render_page
from ums.lib.errors import DomainError

View = Callable[[HttpRequest, int], HttpResponse]
Service = Callable[..., None]


def _page(view: View) -> View:
    view = permission_required(MAY_CONTROL, raise_exception=True)(view)
    return require_http_methods(["GET", "HEAD", "POST"])(login_required(view))


@_page
def pause_message(request: HttpRequest, pk: int) -> HttpResponse:
    """POST pauses; GET only leads back from signing in again."""
    message = _message(pk)
    if request.method == "POST":
        _perform(
            request,
            message,
            control.pause,
            _("Paused: no further call is made. Its time-to-live goes on."),
        )
    return redirect(_back(request, message))


@_page
def resume_message(request: HttpRequest, pk: int) -> HttpResponse:
    """POST resumes; GET only leads back from signing in again."""
    message = _message(pk)
    if request.method == "POST":
        _perform(request, message, control.resume, _("Resumed: it goes on where it was."))
    return redirect(_back(request, message))


@_page
def cancel_message(request: HttpRequest, pk: int) -> HttpResponse:
    """GET tells how many devices it concerns; POST cancels, whatever has changed since then."""
    message = _message(pk)
    if request.method == "POST":
        done = _("Cancelled: nothing more of this message is pushed.")
        _perform(request, message, control.cancel, done)
        return redirect("messages:report", message.pk)
    if message.state not in CANCEL.sources:
        messages.error(request, _("This message cannot be cancelled any more."))
        return redirect("messages:report", message.pk)
    outlook = control.outlook(message)
    context: dict[str, object] = {
        "message": message,
        "outlook": outlook,
        "begun": message.expanded_at is not None,
        "stopped": devices(outlook.stopped),
        "under_way": devices(outlook.under_way),
        "kept": devices(outlook.kept),
        "unknown": devices(outlook.unknown),
        "cancel_label": _cancel_label(outlook.stopped),
    }
    return render_page(request, "messages/cancel.html", context, title=_("Cancel a message"))


@_page
def repeat_message(request: HttpRequest, pk: int) -> HttpResponse:
    """GET warns and tells how many devices it concerns; POST pushes again."""
    message = _message(pk)
    if request.method == "POST":
        done = _("Accepted: the devices whose outcome was unknown are pushed to again.")
        _perform(request, message, control.repeat_unknown, done)
        return redirect("messages:report", message.pk)
    number = control.repeatable(message)
    if not number:
        messages.error(request, _("Nothing of this message can be pushed again."))
        return redirect("messages:report", message.pk)
    known = ledger(message).unknown - number
    context: dict[str, object] = {
        "message": message,
        "number": number,
        "devices": devices(number),
        "known": known,
        "known_devices": devices(known),
        "repeat_label": ngettext(
            "Push again to %(count)s device", "Push again to %(count)s devices", number
        )
        % {"count": f"{number:,}"},
    }
    return render_page(request, "messages/repeat.html", context, title=_("Push again"))


def _message(pk: int) -> Message:
    found: Any = Message.objects.defer("audience", "content")
    message: Message = get_object_or_404(found, pk=pk)
    return message


def _perform(request: HttpRequest, message: Message, service: Service, done: str) -> None:
    try:
        service(message=message)
    except DomainError as exc:
        messages.error(request, exc.message)
    else:
        messages.success(request, done)


def _back(request: HttpRequest, message: Message) -> str:
    """The page that the button stood on, as far as it is one of ours; else the report."""
    page = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=False):
        return page
    return reverse("messages:report", args=(message.pk,))


def _cancel_label(number: int) -> str:
    if not number:
        return _("Cancel this message")
    return ngettext("Cancel for %(count)s device", "Cancel for %(count)s devices", number) % {
        "count": f"{number:,}"
    }
