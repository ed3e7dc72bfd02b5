"""People in the console: who they are, their devices and tags. Uploads change them."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from ums.lib.exports.admin import ExportAdmin
from ums.lib.exports.tables import Table
from users_app import (  # the first two register their pages
    group_admin,  # noqa: F401
    people_export,
    person_list_admin,  # noqa: F401
    person_page,
    tagging_pages,
)
from users_app.models import EndUser, EndUserQuerySet, Registration, Tag
from users_app.tagging import FoundPeople

TAGS_SHOWN = 5


class PeopleList(ChangeList):  # type: ignore[misc]  # unfold has no types
    """Devices and tags of the people on the page, by two queries."""

    @property
    def conditions(self) -> str:
        """What it is searched for and filtered by, in words; "" for everybody."""
        filters = self.get_filters_params().items()
        words = [self.query.strip(), *(f"{key}={','.join(values)}" for key, values in filters)]
        return ", ".join(filter(None, words))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        people = [person.pk for person in self.result_list]
        devices = Registration.objects.count_by_person(people)
        tags = Tag.objects.names_by_person(people)
        for person in self.result_list:
            person.device_count = devices.get(person.pk, 0)
            person.tag_names = tags.get(person.pk, [])


@admin.register(EndUser)
class EndUserAdmin(ExportAdmin):
    list_display = ("userid", "device_count", "tag_names", "created_at")
    fields = ("userid", "created_at")
    readonly_fields = fields
    search_fields = ("userid",)  # shows the search box; `get_search_results` searches
    search_help_text = _("userid (its beginning), registrationID or tag")
    show_full_result_count = False
    change_list_template = "users/people_list.html"
    change_form_outer_after_template = "users/person.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: EndUser | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: EndUser | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.tags_view)
        return [path("tags/", view, name="users_app_enduser_tags"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {**(extra_context or {}), "may_tag": tagging_pages.may_tag(request.user)}
        return super().changelist_view(request, context)

    def tags_view(self, request: HttpRequest) -> HttpResponse:
        """Change the tags of all whom the list would show, or of a list to be given."""
        if not self.has_view_permission(request) or not tagging_pages.may_tag(request.user):
            raise PermissionDenied
        try:
            people = cast("PeopleList", self.whole_list(request))
        except IncorrectLookupParameters:
            return redirect("admin:users_app_enduser_changelist")
        found = None
        if people.conditions:
            words = gettext("Search: %(text)s") % {"text": people.conditions}
            found = FoundPeople(people.get_queryset(request), words)
        return tagging_pages.tag_people(request, found)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PeopleList

    def get_list_display(self, request: HttpRequest) -> list[str]:
        sees_tags = request.user.has_perm("users_app.view_tag")
        return [name for name in self.list_display if sees_tags or name != "tag_names"]

    def get_search_results(
        self, request: HttpRequest, queryset: EndUserQuerySet, search_term: str
    ) -> tuple[EndUserQuerySet, bool]:
        text = search_term.strip()
        return (queryset.search(text) if text else queryset), False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = dict(extra_context or {})
        if end_user := self.get_object(request, object_id) if object_id else None:
            context |= person_page.sections(end_user, person_page.visible_parts(request.user))
        return super().changeform_view(request, object_id, form_url, context)

    def export_table(self, request: HttpRequest, found: QuerySet[EndUser]) -> Table:
        return people_export.table(found, parts=person_page.visible_parts(request.user))

    @display(description=_("devices"))  # type: ignore[untyped-decorator]  # unfold
    def device_count(self, end_user: EndUser) -> str:
        count: int = end_user.device_count  # type: ignore[attr-defined]  # by PeopleList
        return f"{count:,}"

    @display(description=_("tags"))  # type: ignore[untyped-decorator]  # unfold
    def tag_names(self, end_user: EndUser) -> SafeString:
        names: list[str] = end_user.tag_names  # type: ignore[attr-defined]  # by PeopleList
        links = ((f"?{urlencode({'q': f'tag:{name}'})}", name) for name in names[:TAGS_SHOWN])
        return format_html(
            '<span class="ums-badges">{}{}</span>',
            format_html_join(" ", '<a class="ums-badge" href="{}">{}</a>', links),
            " …" if len(names) > TAGS_SHOWN else "",
        )
