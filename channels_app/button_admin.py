"""A change page of the console with more buttons."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from channels_app.models import Channel
from channels_app.services import KeyHolder
from ums.lib.exports.admin import ExportAdmin

STATE_COLOURS = {"enabled": "success", "closed": "danger", "paused": "warning"}


class ButtonAdmin(ExportAdmin):
    """A change page with more buttons, each of which POSTs to an address of its own.

    Outside Django's own change view, which is one transaction. What a button does is the method of
    its name, for a person who may change the object.
    """

    buttons: tuple[str, ...]
    empty_value_display = _("not yet")

    def get_queryset(self, request: HttpRequest) -> Any:
        # A page never needs the stored secret, so it is not even read.
        return super().get_queryset(request).defer("master_secret")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.button_view)
        buttons = [
            path(
                f"<path:object_id>/{button}/",
                view,
                kwargs={"button": button},
                name=self._url_name(button),
            )
            for button in self.buttons
        ]
        return [*buttons, *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = dict(extra_context or {})
        if object_id and self.has_change_permission(request):
            context["button_urls"] = {
                button: reverse(f"admin:{self._url_name(button)}", args=(object_id,))
                for button in self.buttons
            }
        return super().changeform_view(request, object_id, form_url, context)

    def button_view(self, request: HttpRequest, object_id: str, button: str) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        if request.method != "POST":  # back from signing in again
            return self.to_change_page(obj)
        perform: Callable[[HttpRequest, Any], HttpResponse] = getattr(self, button)
        return perform(request, obj)

    def to_change_page(self, obj: Any) -> HttpResponse:
        return redirect(f"admin:{self._url_name('change')}", obj.pk)

    def _url_name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    @display(description=_("state"), ordering="enabled", label=STATE_COLOURS)  # type: ignore[untyped-decorator]  # unfold
    def state(self, obj: Channel | KeyHolder) -> tuple[str, str]:
        return ("enabled", gettext("enabled")) if obj.enabled else ("closed", gettext("closed"))
