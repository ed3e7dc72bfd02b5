"""The page Compose: write a message, review whom it reaches, send it."""

import uuid
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from messaging_app.audience_words import audience_words
from messaging_app.forecast import plan
from messaging_app.forms import PLATFORM_NAMES, ComposeForm, ConfirmationForm
from messaging_app.models import Message
from messaging_app.reports import devices, people
from messaging_app.submission import submit, submitted
from messaging_app.targets import Reach, reach
from ums.lib.console import render_page
from ums.lib.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("messaging_app.add_message", raise_exception=True)
def compose(request: HttpRequest) -> HttpResponse:
    """Three steps by `step`: edit (the form), review (checked, nothing stored), send."""
    if request.method != "POST":
        return _form_page(request, ComposeForm())
    step = request.POST.get("step")
    if step == "edit":
        return _form_page(request, ComposeForm(initial=_entered(request)))
    confirmation = ConfirmationForm(request.POST)
    confirmed = step == "send" and confirmation.is_valid()
    if confirmed and (first := submitted(str(confirmation.cleaned_data["submission_key"]))):
        messages.info(request, _("This message was sent already. It was not sent again."))
        return _after(request, first)
    # The whole form again: what comes back from the review page is as untrusted as before.
    form = ComposeForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form)
    now = _reach(form)
    if not confirmed:
        return _review_page(request, form, now, key=uuid.uuid4())
    if not now.devices or now.devices != confirmation.cleaned_data["devices"]:
        data = confirmation.cleaned_data
        return _review_page(
            request, form, now, key=data["submission_key"], confirmed=data["devices"]
        )
    return _send(request, form, key=str(confirmation.cleaned_data["submission_key"]))


def _send(request: HttpRequest, form: ComposeForm, *, key: str) -> HttpResponse:
    try:
        message = submit(
            audience=form.audience,
            content=form.notification.to_push(),
            channels=list(form.cleaned_data["channels"]),
            operator=cast("User", request.user),
            submission_key=key,
        )
    except DomainError as exc:
        form.add_error(None, exc.message)
        return _form_page(request, form)
    messages.success(request, _("Accepted: the message is on its way."))
    return _after(request, message)


def _after(request: HttpRequest, message: Message) -> HttpResponse:
    if request.user.has_perm("messaging_app.view_message"):
        return redirect("messages:report", message.pk)
    return redirect("messages:compose")


def _entered(request: HttpRequest) -> dict[str, object]:
    """What was entered, as initial values: a page to go on writing on complains of nothing."""
    return {
        name: request.POST.getlist(name)
        if name in ("channels", "platforms")
        else request.POST.get(name, "")
        for name in ComposeForm.base_fields
    }


def _form_page(request: HttpRequest, form: ComposeForm) -> HttpResponse:
    context: dict[str, object] = {
        "form": form,
        "has_channels": bool(form.enabled_channels),
        "may_add_channel": request.user.has_perm("channels_app.add_channel"),
        "preview": {"title": form["title"].value() or "", "text": form["text"].value() or ""},
        "details_open": any(form.errors.get(name) for name in ("intent", "hmos_category")),
    }
    status = 400 if form.errors else 200
    return render_page(request, "messages/compose.html", context, title=_("Compose"), status=status)


def _review_page(
    request: HttpRequest,
    form: ComposeForm,
    now: Reach,
    *,
    key: uuid.UUID,
    confirmed: int | None = None,
) -> HttpResponse:
    data = form.cleaned_data
    context: dict[str, object] = {
        "form": form,
        "confirmation": ConfirmationForm(initial={"submission_key": key, "devices": now.devices}),
        "channels": data["channels"],
        "audience": audience_words(form.audience),
        "reach": now,
        "plan": plan(now.by_channel),
        "changed": _changed_words(now.devices, confirmed),
        "devices": devices(now.devices),
        "people_without": people(now.no_device),
        "send_label": _send_label(now.devices),
        "platforms": ", ".join(PLATFORM_NAMES[name] for name in data["platforms"]),
        "lifetime": _choice(form, "time_to_live"),
        "apns": _choice(form, "environment") if "ios" in data["platforms"] else "",
        "preview": {"title": data["title"], "text": data["text"]},
    }
    return render_page(request, "messages/review.html", context, title=_("Review and send"))


def _reach(form: ComposeForm) -> Reach:
    return reach(form.audience, [channel.pk for channel in form.cleaned_data["channels"]])


def _choice(form: ComposeForm, name: str) -> str:
    choices = dict(form.fields[name].choices)  # type: ignore[attr-defined]  # a ChoiceField
    return str(choices[form.cleaned_data[name]])


def _changed_words(now: int, confirmed: int | None) -> str:
    if confirmed is None or confirmed == now:
        return ""
    return _(
        "Nothing has been sent: the audience has changed since you read it, from %(before)s to"
        " %(now)s. Look at it again, then send."
    ) % {"before": devices(confirmed), "now": devices(now)}


def _send_label(number: int) -> str:
    return ngettext("Send to %(count)s device", "Send to %(count)s devices", number) % {
        "count": f"{number:,}"
    }
