"""The console's pages for user segments."""

from typing import Any

from django.contrib import admin
from django.db.models import Field, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from channels_app.models import Channel
from ums.lib.errors import DomainError
from ums.lib.exports.admin import ExportAdmin
from users_app import segments
from users_app.group_forms import SegmentForm
from users_app.models import Segment


@admin.register(Segment)
class SegmentAdmin(ExportAdmin):
    form = SegmentForm
    list_display = ("identifier", "name", "conditions", "created_at")
    list_display_links = ("identifier", "name")
    search_fields = ("name", "=id")
    export_fields = ("id", "name", "conditions_in_words", "created_at")
    readonly_fields = ("identifier", "conditions", "people_now", "created_at")
    add_fieldsets = (
        (None, {"fields": ("name",)}),
        (
            _("Conditions"),
            {
                "fields": ("tags_any", "tags_all", "tags_none", "channels"),
                "description": _("A person is in the segment if all of these hold."),
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        facts = (None, {"fields": ("identifier", "people_now", "name", "created_at")})
        if self.has_change_permission(request, obj):
            return (facts, self.add_fieldsets[1])
        return (facts, (_("Conditions"), {"fields": ("conditions",)}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        channels = Prefetch("channels", Channel.objects.only("name"))
        return Segment.objects.prefetch_related(channels)

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
        sentences = ((text,) for text in segments.conditions(segment))
        return format_html(
            '<span class="ums-lines">{}</span>', format_html_join("", "<span>{}</span>", sentences)
        )

    @display(description=_("conditions"))  # type: ignore[untyped-decorator]  # unfold
    def conditions_in_words(self, segment: Segment) -> str:
        return "; ".join(segments.conditions(segment))

    @display(description=_("people now"))  # type: ignore[untyped-decorator]  # unfold
    def people_now(self, segment: Segment) -> str:
        try:
            return f"{segments.count(segment):,}"
        except DomainError as exc:
            return exc.message
