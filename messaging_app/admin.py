"""The console's pages for templates and sensitive words."""

import json
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Field, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from channels_app.models import Channel
from messaging_app import channel_admin, words  # noqa: F401  # registers its page
from messaging_app.models import SensitiveWord, Template
from messaging_app.template_forms import TemplateForm, WordsForm
from messaging_app.templates import example_request, variables_of
from ums.lib.console import render_page
from ums.lib.errors import DomainError
from ums.lib.exports.admin import ExportAdmin

STATE_COLOURS = {"enabled": "success", "disabled": "danger"}
WORDS_LIST = "admin:messaging_app_sensitiveword_changelist"


class ChannelFilter(admin.RelatedFieldListFilter):
    """By name: Django's own reads the whole rows, with their secrets."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return list(Channel.objects.values_list("pk", "name"))


@admin.register(Template)
class TemplateAdmin(ExportAdmin):
    form = TemplateForm
    list_display = ("template_id", "name", "general", "state", "channel_names", "updated_at")
    list_display_links = ("template_id", "name")
    list_filter = ("general", "enabled", ("channels", ChannelFilter))
    search_fields = ("=id", "name", "title", "text")
    search_help_text = _("Template ID, or a part of name, title or text")
    export_fields = (
        *("id", "name", "channel_names", "general", "enabled", "title", "text", "intent"),
        *("variables", "updated_at"),
    )
    readonly_fields = ("template_id", "variables", "example", "updated_at")
    fieldsets = (
        (None, {"fields": ("template_id", "name", "channels", "general", "enabled")}),
        (_("What it says"), {"fields": ("title", "text", "intent", "extras")}),
        (_("How it is called"), {"fields": ("variables", "example", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        channels = Prefetch("channels", Channel.objects.only("name"))
        return super().get_queryset(request).prefetch_related(channels)

    def get_fieldsets(self, request: HttpRequest, obj: Template | None = None) -> Any:
        if obj is not None:
            return self.fieldsets
        # What only a stored template has is left out.
        parts = [
            (title, [field for field in options["fields"] if field not in self.readonly_fields])
            for title, options in self.fieldsets
        ]
        return [(title, {"fields": fields}) for title, fields in parts if fields]

    def formfield_for_manytomany(
        self,
        db_field: Field,  # type: ignore[type-arg]  # generic in the stubs only
        request: HttpRequest,
        **kwargs: Any,
    ) -> Any:
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        kwargs["queryset"] = Channel.objects.defer("master_secret")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("Template ID"), ordering="id")  # type: ignore[untyped-decorator]  # unfold
    def template_id(self, template: Template) -> SafeString:
        return format_html('<b class="ums-code">{}</b>', template.pk)

    @display(description=_("state"), ordering="enabled", label=STATE_COLOURS)  # type: ignore[untyped-decorator]  # unfold
    def state(self, template: Template) -> tuple[str, str]:
        if template.enabled:
            return "enabled", gettext("enabled")
        return "disabled", gettext("disabled")

    @display(description=_("channels"))  # type: ignore[untyped-decorator]  # unfold
    def channel_names(self, template: Template) -> str:
        return ", ".join(channel.name for channel in template.channels.all())

    @display(description=_("variables"))  # type: ignore[untyped-decorator]  # unfold
    def variables(self, template: Template) -> str:
        try:
            return ", ".join(variables_of(template)) or gettext("none")
        except DomainError as exc:
            return exc.message

    @display(description=_("example request"))  # type: ignore[untyped-decorator]  # unfold
    def example(self, template: Template) -> SafeString | str:
        try:
            body = json.dumps(example_request(template), ensure_ascii=False, indent=2)
        except DomainError as exc:
            return exc.message
        return format_html(
            '<p class="ums-help">POST /v1/template/sent</p>'
            '<textarea class="ums-input ums-code" readonly rows="{}" aria-label="{}">{}</textarea>',
            body.count("\n") + 1,
            gettext("example request"),
            body,
        )


@admin.register(SensitiveWord)
class SensitiveWordAdmin(ExportAdmin):
    list_display = ("word",)
    search_fields = ("word",)
    export_fields = ("word",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False  # words.check relies on it: a word is added and deleted

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Many at once, in place of Django's page for one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = WordsForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._add(request, form.cleaned_data["words"])
        context: dict[str, object] = {"form": form, "list_url": reverse(WORDS_LIST)}
        status = 400 if form.errors else 200
        title = gettext("Add sensitive words")
        return render_page(request, "messages/words_add.html", context, title=title, status=status)

    def _add(self, request: HttpRequest, entered: tuple[str, ...]) -> HttpResponse:
        added = words.add(words=entered)
        said = _counted(added)
        if added:
            LogEntry.objects.create(
                user=cast("User", request.user),
                content_type=ContentType.objects.get_for_model(SensitiveWord),
                object_repr=said,
                action_flag=ADDITION,
                change_message=said,
            )
        messages.success(request, said)
        return redirect(WORDS_LIST)


def _counted(added: int) -> str:
    if not added:
        return gettext("All these words are listed already.")
    return ngettext("%(count)s word added.", "%(count)s words added.", added) % {
        "count": f"{added:,}"
    }
