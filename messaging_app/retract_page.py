"""The page that asks before a message is retracted."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from messaging_app.actions import MAY_RETRACT
from messaging_app.models import Message
from messaging_app.reports import devices
from messaging_app.retraction import Figures, is_retractable, outlook, retract
from ums.lib.console import render_page
from ums.lib.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_RETRACT, raise_exception=True)
def retract_message(request: HttpRequest, pk: int) -> HttpResponse:
    """GET tells how many devices it concerns; POST retracts, whatever has changed since then."""
    message = get_object_or_404(Message.objects.defer("audience", "content"), pk=pk)
    if request.method == "POST":
        try:
            retract(message=message)
        except DomainError as exc:
            messages.error(request, exc.message)
        else:
            messages.success(request, _("Retracted: nothing more of this message is pushed."))
        return redirect("messages:report", message.pk)
    if not is_retractable(message):
        messages.error(request, _("This message cannot be retracted any more."))
        return redirect("messages:report", message.pk)
    figures = outlook(message)
    context: dict[str, object] = {
        "message": message,
        "figures": figures,
        "stopped": devices(figures.stopped),
        "pending": devices(figures.pending),
        "unknown": devices(figures.failed),
        "retract_label": _label(figures),
    }
    return render_page(request, "messages/retract.html", context, title=_("Retract a message"))


def _label(figures: Figures) -> str:
    number = figures.stopped + figures.pending
    if not number:
        return _("Retract this message")
    return ngettext("Retract from %(count)s device", "Retract from %(count)s devices", number) % {
        "count": f"{number:,}"
    }
