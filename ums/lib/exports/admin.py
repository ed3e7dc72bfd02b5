"""The link “Export” beside the search of a list in the console."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ALL_VAR, PAGE_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, PermissionDenied
from django.db.models import Field, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from unfold.admin import ModelAdmin

from ums.lib.encryption import SecretTextField
from ums.lib.exports.responses import FORMATS, respond
from ums.lib.exports.tables import Row, Table, Value, in_pages


class ExportAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """`export_fields` are fields of the model, or methods of the admin as in `list_display`; the
    list's own queryset has to fetch what they read, since it is asked for no row.
    """

    change_list_template = "ums/export_list.html"
    export_fields: Sequence[str]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        exports = [path(f"export.{kind}", view, {"kind": kind}, name=name) for kind in FORMATS]
        return [*exports, *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """All rows that the list would show, on however many pages."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            found = self.whole_list(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return respond(self.export_table(request, found), kind)

    def whole_list(self, request: HttpRequest) -> ChangeList:
        """The list that the query string of `request` asks for, whatever page of it."""
        asked = request.GET.copy()
        for name in (PAGE_VAR, ALL_VAR):
            asked.pop(name, None)
        request.GET = asked  # type: ignore[assignment]  # a copy is mutable, which nobody minds
        found: ChangeList = self.get_changelist_instance(request)
        return found

    def export_table(self, request: HttpRequest, found: QuerySet[Any]) -> Table:
        columns = [self._column(name) for name in self.export_fields]

        def pages() -> Iterator[list[Row]]:
            for page in in_pages(found, self.get_queryset(request)):
                yield [[value(row) for _label, value in columns] for row in page]

        return Table(str(self.opts.model_name), [label for label, _value in columns], pages)

    def _column(self, name: str) -> tuple[str, Callable[[Any], Value]]:
        label = str(label_for_field(name, self.model, model_admin=self))
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            shown = getattr(self, name)
            return label, lambda row: _plain(shown(row))
        if isinstance(field, SecretTextField) or not isinstance(field, Field):
            raise ImproperlyConfigured(f"{name} is no field to export.")
        if field.choices:
            return label, lambda row: str(getattr(row, f"get_{name}_display")())
        return label, lambda row: _plain(getattr(row, name))


def _plain(value: Any) -> Value:
    if isinstance(value, tuple):  # a label of the shell: its colour and its words
        value = value[-1]
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or isinstance(value, int | datetime):
        return value
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
