"""The console's pages for block and allow lists, and for the userids on them."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from ums.lib.console import render_page
from ums.lib.errors import DomainError
from ums.lib.exports.admin import ExportAdmin
from ums.lib.exports.responses import FORMATS, respond
from users_app import person_lists
from users_app.group_forms import UseridsForm
from users_app.models import PersonList, PersonListEntry
from users_app.person_lists import Outcome

ENTRIES_PER_PAGE = 100


@admin.register(PersonList)
class PersonListAdmin(ExportAdmin):
    """A list's own page, with its entries below the form.

    What changes the entries has addresses of its own, outside Django's change view, which is one
    transaction.
    """

    list_display = ("identifier", "name", "kind", "size", "created_at")
    list_display_links = ("identifier", "name")
    list_filter = ("kind",)
    search_fields = ("name", "=id")
    export_fields = ("id", "name", "kind", "entries_count", "created_at")
    readonly_fields = ("identifier", "created_at")
    add_fieldsets = ((None, {"fields": ("name", "kind")}),)
    fieldsets = ((None, {"fields": ("identifier", "kind", "name", "created_at")}),)
    change_form_outer_after_template = "users/person_list_entries.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PersonList]:
        return person_lists.with_sizes(PersonList.objects.all())

    def get_readonly_fields(self, request: HttpRequest, obj: PersonList | None = None) -> Any:
        # A send names a list together with its kind.
        return self.readonly_fields if obj is None else (*self.readonly_fields, "kind")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        name = "users_app_personlist"
        return [
            path("<int:pk>/entries/", wrap(self.entries_view), name=f"{name}_entries"),
            path("<int:pk>/clear/", wrap(self.clear_view), name=f"{name}_clear"),
            *(
                path(
                    f"<int:pk>/userids.{kind}",
                    wrap(self.entries_export_view),
                    {"kind": kind},
                    name=f"{name}_userids_{kind}",
                )
                for kind in FORMATS
            ),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        # A new list leads to its own page, where its userids are added.
        context = {**(extra_context or {}), "show_save_and_add_another": False}
        person_list = self.get_object(request, object_id) if object_id else None
        if person_list is None:
            context["show_save_and_continue"] = False
        else:
            context |= self._entries_context(request, person_list)
        return super().changeform_view(request, object_id, form_url, context)

    def response_add(
        self, request: HttpRequest, obj: PersonList, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, gettext("The list is ready. Add userids to it below."))
        return _to_change_page(obj)

    def get_deleted_objects(
        self, objs: Iterable[PersonList], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Numbers only: the default would read and show every userid."""
        lists = self.get_queryset(request).filter(pk__in=[obj.pk for obj in objs])
        shown = [f"{person_list} ({person_list.get_kind_display()})" for person_list in lists]
        counts = {
            str(self.opts.verbose_name_plural): len(shown),
            str(PersonListEntry._meta.verbose_name_plural): sum(map(_size, lists)),
        }
        missing = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return shown, counts, missing, []

    def entries_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST: put userids on the list, or take them off it where `operation` is `remove`."""
        person_list = self._changeable(request, pk)
        if request.method != "POST":  # back from signing in again
            return _to_change_page(person_list)
        form = UseridsForm(request.POST, request.FILES)
        if not form.is_valid():
            for errors in form.errors.values():
                messages.error(request, " ".join(map(str, errors)))
            return _to_change_page(person_list)
        removes = request.POST.get("operation") == "remove"
        change = person_lists.remove if removes else person_lists.add
        try:
            outcome = change(person_list=person_list, lines=form.lines())
        except DomainError as exc:
            messages.error(request, exc.message)
            return _to_change_page(person_list)
        summary = _removed(outcome) if removes else _added(outcome)
        if outcome.changed:
            self.log_change(request, person_list, summary)
        if outcome.bad:
            return _show_bad_lines(request, person_list, outcome, summary)
        messages.success(request, summary)
        return _to_change_page(person_list)

    def clear_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST: take everyone off the list, once the box is ticked."""
        person_list = self._changeable(request, pk)
        if request.method == "POST" and request.POST.get("sure"):
            count = person_lists.clear(person_list=person_list)
            summary = ngettext(
                "%(count)s userid was taken off the list.",
                "%(count)s userids were taken off the list.",
                count,
            ) % {"count": f"{count:,}"}
            self.log_change(request, person_list, summary)
            messages.success(request, summary)
        return _to_change_page(person_list)

    def entries_export_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
        """The userids that the search finds, as a file that can be uploaded again."""
        person_list = self._existing(request, pk)
        if not self.has_view_permission(request, person_list):
            raise PermissionDenied
        return respond(person_lists.table(person_list, request.GET.get("q", "").strip()), kind)

    @display(description=_("ID"), ordering="id")  # type: ignore[untyped-decorator]  # unfold
    def identifier(self, person_list: PersonList) -> str:
        field = "black_id" if person_list.kind == PersonList.Kind.BLOCK else "white_id"
        return f"{person_list.pk} ({field})"

    @display(description=_("userids"))  # type: ignore[untyped-decorator]  # unfold
    def entries_count(self, person_list: PersonList) -> int:
        return _size(person_list)

    @display(description=_("userids"), ordering="size")  # type: ignore[untyped-decorator]  # unfold
    def size(self, person_list: PersonList) -> str:
        return f"{_size(person_list):,}"

    def _entries_context(self, request: HttpRequest, person_list: PersonList) -> dict[str, Any]:
        query = request.GET.get("q", "").strip()
        entries = person_lists.search(person_list, query)
        return {
            "page": Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page")),
            "query": query,
            "size": _size(person_list),
            "size_in_words": _userids(_size(person_list)),
            "userids_form": UseridsForm(),
            "may_change": self.has_change_permission(request, person_list),
            "entries_url": _address("entries", person_list),
            "clear_url": _address("clear", person_list),
            "export_address": _address("userids_csv", person_list).removesuffix(".csv"),
            "export_query": f"?{urlencode({'q': query})}" if query else "",
        }

    def _changeable(self, request: HttpRequest, pk: int) -> PersonList:
        person_list = self._existing(request, pk)
        if not self.has_change_permission(request, person_list):
            raise PermissionDenied
        return person_list

    def _existing(self, request: HttpRequest, pk: int) -> PersonList:
        person_list: PersonList | None = self.get_object(request, str(pk))
        if person_list is None:
            raise Http404
        return person_list


def _added(outcome: Outcome) -> str:
    return gettext("Added: %(changed)s. On the list already: %(unchanged)s.") % {
        "changed": _userids(outcome.changed),
        "unchanged": _userids(outcome.unchanged),
    }


def _removed(outcome: Outcome) -> str:
    return gettext("Removed: %(changed)s. Not on the list: %(unchanged)s.") % {
        "changed": _userids(outcome.changed),
        "unchanged": _userids(outcome.unchanged),
    }


def _userids(count: int) -> str:
    return ngettext("%(count)s userid", "%(count)s userids", count) % {"count": f"{count:,}"}


def _show_bad_lines(
    request: HttpRequest, person_list: PersonList, outcome: Outcome, summary: str
) -> HttpResponse:
    title = ngettext(
        "%(count)s value was left out", "%(count)s values were left out", outcome.bad
    ) % {"count": f"{outcome.bad:,}"}
    context: dict[str, object] = {
        "person_list": person_list,
        "summary": summary,
        "bad_lines": outcome.first_bad,
        "more": outcome.bad - len(outcome.first_bad),
        "change_url": _address("change", person_list),
    }
    return render_page(request, "users/person_list_bad_lines.html", context, title=title)


def _to_change_page(person_list: PersonList) -> HttpResponse:
    return redirect(_address("change", person_list))


def _address(page: str, person_list: PersonList) -> str:
    return reverse(f"admin:users_app_personlist_{page}", args=(person_list.pk,))


def _size(person_list: PersonList) -> int:
    size: int = person_list.size  # type: ignore[attr-defined]  # an annotation
    return size
