"""The console's pages for user segments."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from channels_app.models import Channel
from ums.lib.console import render_page
from ums.lib.errors import DomainError
from ums.lib.exports.admin import ExportAdmin
from users_app import segment_words, segments
from users_app.models import Segment
from users_app.segment_forms import MESSAGE, RECENT_MESSAGES, TAGS, TIMES, SegmentForm

COUNT = "users_app_segment_count"


@admin.register(Segment)
class SegmentAdmin(ExportAdmin):
    form = SegmentForm
    list_display = ("identifier", "name", "conditions", "created_at")
    list_display_links = ("identifier", "name")
    search_fields = ("name", "=id")
    export_fields = ("id", "name", "conditions_in_words", "created_at")
    readonly_fields = ("identifier", "conditions", "people_now", "created_at")
    change_form_after_template = "users/segment_count.html"
    condition_fieldsets: tuple[tuple[Any, dict[str, Any]], ...] = (
        (
            _("Conditions"),
            {
                "fields": (*TAGS, "channels"),
                "description": _("A person is in the segment if all of these hold."),
            },
        ),
        (_("Registered and last seen"), {"fields": TIMES}),
        (_("Messages"), {"fields": MESSAGE}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name",)}), *self.condition_fieldsets)
        if self.has_change_permission(request, obj):  # counted below the form, as it is entered
            facts = ("identifier", "name", "created_at")
            return ((None, {"fields": facts}), *self.condition_fieldsets)
        return (
            (None, {"fields": ("identifier", "people_now", "name", "created_at")}),
            (_("Conditions"), {"fields": ("conditions",)}),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.count_view)
        return [path("count/", view, name=COUNT), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = dict(extra_context or {})
        may_edit = self.has_change_permission(request) if object_id else True
        if may_edit and self.has_view_permission(request):
            context |= {"count_url": reverse(f"admin:{COUNT}"), "messages_id": RECENT_MESSAGES}
        return super().changeform_view(request, object_id, form_url, context)

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """POST of a form as it is: who would be in the segment. Nothing is stored.

        For htmx a part of the page of the form, else a page.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":  # back from signing in again
            return redirect("admin:users_app_segment_changelist")
        form = self.get_form(request)(request.POST)
        problems = [
            f"{form.fields[name].label}: {' '.join(map(str, errors))}"
            if name in form.fields
            else " ".join(map(str, errors))
            for name, errors in form.errors.items()
            if name != "name"
        ]
        people = None
        if not problems:
            number = segments.count(form.instance, channels=form.cleaned_data["channels"])
            people = ngettext("%(count)s person", "%(count)s people", number) % {
                "count": f"{number:,}"
            }
        context: dict[str, object] = {
            "people": people,
            "problems": problems,
            "msgid": form.cleaned_data.get("msgid", ""),
        }
        if request.headers.get("HX-Request"):
            return render(request, "users/_segment_count.html", context)
        return render_page(
            request, "users/segment_count_page.html", context, title=gettext("People now")
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        return Segment.objects.with_channels()

    def formfield_for_manytomany(
        self,
        db_field: Field,  # type: ignore[type-arg]  # generic in the stubs only
        request: HttpRequest,
        **kwargs: Any,
    ) -> Any:
        # A page never needs the stored secrets, so they are not even read.
        kwargs |= {
            "queryset": Channel.objects.defer("master_secret"),
            "widget": UnfoldAdminCheckboxSelectMultipleWidget(),
        }
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @display(description=_("ID"), ordering="id")  # type: ignore[untyped-decorator]  # unfold
    def identifier(self, segment: Segment) -> str:
        return f"{segment.pk} (aud_segment)"

    @display(description=_("conditions"))  # type: ignore[untyped-decorator]  # unfold
    def conditions(self, segment: Segment) -> SafeString:
        sentences = ((text,) for text in segment_words.conditions(segment))
        return format_html(
            '<span class="ums-lines">{}</span>', format_html_join("", "<span>{}</span>", sentences)
        )

    @display(description=_("conditions"))  # type: ignore[untyped-decorator]  # unfold
    def conditions_in_words(self, segment: Segment) -> str:
        return "; ".join(segment_words.conditions(segment))

    @display(description=_("people now"))  # type: ignore[untyped-decorator]  # unfold
    def people_now(self, segment: Segment) -> str:
        try:
            return f"{segments.count(segment):,}"
        except DomainError as exc:
            return exc.message
