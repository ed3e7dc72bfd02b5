"""Pages that import people from a file."""

from pathlib import PurePath
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ums.lib.console import render_page
from ums.lib.errors import DomainError
from users_app import imports, workbooks
from users_app.files.columns import CHINESE, COLUMNS, OF_CHANNEL, OF_LINE, USERID, VALUES
from users_app.forms import UploadForm
from users_app.models import ImportJob
from users_app.workbooks import EXAMPLE_ROWS

JOBS_PER_PAGE = 50
COLUMNS_SHOWN = 5  # of the bad rows
EXAMPLE_COLUMNS = tuple(dict.fromkeys(name for row in EXAMPLE_ROWS for name in row))
BADGES = {
    ImportJob.State.CHECKED: "wait",
    ImportJob.State.APPLIED: "good",
    ImportJob.State.CANCELLED: "bad",
}

may_view = permission_required("users_app.view_importjob", raise_exception=True)
may_add = permission_required("users_app.add_importjob", raise_exception=True)


@require_GET
@login_required
@may_view
def import_list(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    jobs = ImportJob.objects.search(query).defer("report").select_related("operator")
    page = Paginator(jobs, JOBS_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, object] = {
        "page": page,
        "query": query,
        "export_query": f"?{urlencode({'q': query})}" if query else "",
        "rows": [(job, BADGES[ImportJob.State(job.state)]) for job in page],
        "may_add": request.user.has_perm("users_app.add_importjob"),
    }
    return render_page(request, "users/import_list.html", context, title=_("Imports"))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@may_add
def import_new(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        try:
            job = imports.check(file=form.cleaned_data["file"], operator=cast("User", request.user))
        except DomainError as exc:
            form.add_error("file", exc.message)
        else:
            return redirect("users:import_detail", job.pk)
    context: dict[str, object] = {
        "form": form,
        "columns": EXAMPLE_COLUMNS,
        "all_columns": _all_columns(),
        "example_rows": [[row.get(name, "") for name in EXAMPLE_COLUMNS] for row in EXAMPLE_ROWS],
    }
    status = 400 if form.errors else 200
    return render_page(
        request, "users/import_new.html", context, title=_("Import users"), status=status
    )


@require_GET
@login_required
@may_view
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(ImportJob.objects.select_related("operator"), pk=pk)
    good = job.rows - job.bad
    context: dict[str, object] = {
        "job": job,
        "badge": BADGES[ImportJob.State(job.state)],
        "waits": job.state == ImportJob.State.CHECKED,
        "applied": job.state == ImportJob.State.APPLIED,
        "figures": _figures(job),
        **_bad_rows(job),
        "good": good,
        "has_bad_rows_file": job.bad and job.state != ImportJob.State.CANCELLED,
        "apply_label": _apply_label(rows=good, people=job.people),
        "may_add": request.user.has_perm("users_app.add_importjob"),
    }
    return render_page(request, "users/import_detail.html", context, title=job.file_name)


@require_POST
@login_required
@may_add
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        imports.confirm(job=get_object_or_404(ImportJob, pk=pk))
    except DomainError as exc:
        messages.error(request, exc.message)
    return redirect("users:import_detail", pk)


@require_POST
@login_required
@may_add
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        imports.cancel(job=get_object_or_404(ImportJob, pk=pk))
    except DomainError as exc:
        messages.error(request, exc.message)
    return redirect("users:import_detail", pk)


@require_GET
@login_required
@may_view
def import_bad_rows(request: HttpRequest, pk: int) -> HttpResponseBase:
    job = get_object_or_404(ImportJob, pk=pk)
    try:
        file = imports.bad_rows(job=job)
    except DomainError as exc:
        messages.error(request, exc.message)
        return redirect("users:import_detail", pk)
    name = f"{PurePath(job.file_name).stem}-bad-rows.xlsx"
    return FileResponse(
        file, as_attachment=True, filename=name, content_type=workbooks.CONTENT_TYPE
    )


@require_GET
@login_required
@may_add
def import_template(request: HttpRequest) -> HttpResponseBase:
    return FileResponse(
        workbooks.template(),
        as_attachment=True,
        filename="ums-users.xlsx",
        content_type=workbooks.CONTENT_TYPE,
    )


def _bad_rows(job: ImportJob) -> dict[str, object]:
    """In a wide table a reason would stand far from the row's number."""
    names = [column["name"] for column in job.report.get("columns", ())]
    rows = job.report.get("first_bad", [])
    places = [
        place
        for place, name in enumerate(names)
        if len(names) <= COLUMNS_SHOWN
        or name == USERID
        or any(row["cells"][place]["reason"] for row in rows)
    ]
    return {
        "columns": [names[place] for place in places],
        "columns_left_out": len(places) < len(names),
        "bad_rows": [
            {"number": row["number"], "cells": [row["cells"][place] for place in places]}
            for row in rows
        ],
    }


def _all_columns() -> list[tuple[str, str, str]]:
    """Name, Chinese headings and what stands in bind_id beside it."""
    kinds = (
        (OF_CHANNEL, _("the channel code")),
        (OF_LINE, _("empty, all, or a ChannelKey")),
        (frozenset(VALUES), _("empty or all")),
    )
    return [
        (
            name,
            "、".join(CHINESE[name]),
            next((bind_id for names, bind_id in kinds if name in names), ""),
        )
        for name in COLUMNS
    ]


def _figures(job: ImportJob) -> list[tuple[str, str, str]]:
    """Label, meaning and number of each figure."""
    figures = [
        (_("Rows"), _("Rows of the sheet below its header that are not blank"), job.rows),
        (_("People"), _("Different userids in the good rows"), job.people),
        (_("New"), _("People who were not stored before"), job.new),
        (
            _("Changed"),
            _("Known people who gain or lose a device, a tag or an address"),
            job.changed,
        ),
        (_("Unchanged"), _("Known people of whom everything is stored already"), job.unchanged),
        (
            _("Devices moved"),
            _("Devices taken from a former owner, in channels where only the newest person has it"),
            job.moved,
        ),
        (
            _("Repeated"),
            _("Devices that the file names again for the same person and channel"),
            job.report.get("repeated", 0),
        ),
        (_("Bad rows"), _("Rows that are not applied, with the reason below"), job.bad),
    ]
    return [(label, meaning, f"{number:,}") for label, meaning, number in figures]


def _apply_label(*, rows: int, people: int) -> str:
    of_people = ngettext("%(count)s person", "%(count)s people", people) % {"count": f"{people:,}"}
    return ngettext(
        "Apply %(count)s row of %(people)s", "Apply %(count)s rows of %(people)s", rows
    ) % {"count": f"{rows:,}", "people": of_people}
