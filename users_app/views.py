"""Pages that import people from a file."""

from pathlib import PurePath
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from ums.lib.console import render_page
from ums.lib.errors import DomainError
from users_app import import_words, imports, workbooks
from users_app.changes import Mode
from users_app.files.columns import CHINESE, COLUMNS, OF_CHANNEL, OF_LINE, VALUES
from users_app.forms import UploadForm
from users_app.import_words import MODE_MEANINGS
from users_app.models import ImportJob
from users_app.workbooks import EXAMPLE_ROWS

JOBS_PER_PAGE = 50
EXAMPLE_COLUMNS = tuple(dict.fromkeys(name for row in EXAMPLE_ROWS for name in row))
REFRESH_SECONDS = 1
ROW_REFRESH_SECONDS = 3

may_view = permission_required("users_app.view_importjob", raise_exception=True)
may_add = permission_required("users_app.add_importjob", raise_exception=True)


@require_safe
@login_required
@may_view
def import_list(request: HttpRequest) -> HttpResponse:
    query, state = list_filter(request)
    page = Paginator(listed(query, state), JOBS_PER_PAGE).get_page(request.GET.get("page"))
    filtered = urlencode({"q": query, "state": state})
    context: dict[str, object] = {
        "page": page,
        "page_query": filtered,
        "export_query": f"?{filtered}",
        "query": query,
        "state": state,
        "states": ImportJob.State.choices,
        "rows": import_words.rows(page),
        "refresh_seconds": ROW_REFRESH_SECONDS,
        "may_add": request.user.has_perm("users_app.add_importjob"),
    }
    return render_page(request, "users/import_list.html", context, title=_("Imports"))


# These two without login_required: htmx would put the login page into ours; a 403 it ignores.
@require_safe
@may_view
def import_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One import of the list, which asks for it while a worker is at it."""
    row = import_words.row(get_object_or_404(listed(), pk=pk))
    context = {"row": row, "refresh_seconds": ROW_REFRESH_SECONDS}
    return render(request, "users/_import_row.html", context)


@require_safe
@may_view
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of an import's page that moves; once the state is another one, all of it does."""
    job = get_object_or_404(listed(), pk=pk)
    if job.state != request.GET.get("state"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"row": import_words.row(job), "refresh_seconds": REFRESH_SECONDS}
    return render(request, "users/_import_moving.html", context)


def list_filter(request: HttpRequest) -> tuple[str, str]:
    """What the list of imports is searched for, and the state that it is limited to."""
    state = request.GET.get("state", "")
    query = request.GET.get("q", "").replace("\0", "").strip()
    return query, state if state in ImportJob.State.values else ""


def listed(query: str = "", state: str = "") -> QuerySet[ImportJob]:
    found = ImportJob.objects.search(query).defer("report").select_related("operator")
    return found.filter(state=state) if state else found


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@may_add
def import_new(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        try:
            job = imports.submit(
                file=form.cleaned_data["file"],
                mode=Mode(form.cleaned_data["mode"]),
                operator=cast("User", request.user),
            )
        except DomainError as exc:
            form.add_error("file", exc.message)
        else:
            return redirect("users:import_detail", job.pk)
    context: dict[str, object] = {
        "form": form,
        "modes": [(radio, MODE_MEANINGS[radio.data["value"]]) for radio in form["mode"]],
        "columns": EXAMPLE_COLUMNS,
        "all_columns": _all_columns(),
        "example_rows": [[row.get(name, "") for name in EXAMPLE_COLUMNS] for row in EXAMPLE_ROWS],
    }
    status = 400 if form.errors else 200
    return render_page(
        request, "users/import_new.html", context, title=_("Import users"), status=status
    )


@require_safe
@login_required
@may_view
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(ImportJob.objects.select_related("operator"), pk=pk)
    context: dict[str, object] = {
        "row": import_words.row(job),
        "refresh_seconds": REFRESH_SECONDS,
        "checked": bool(job.report),
        "figures": import_words.figures(job),
        **import_words.bad_rows(job),
        "has_bad_rows_file": job.bad and job.path,
        "meaning": MODE_MEANINGS[job.mode],
        "work_to_do": import_words.work_to_do(job),
        "nothing_to_do": import_words.nothing_to_do(job),
        "confirm_label": import_words.confirm_label(job),
        "confirm_tone": "danger" if job.mode == Mode.DELETE else "primary",
        "cancel_meaning": import_words.cancel_meaning(job),
        "result": import_words.result(job),
        "may_add": request.user.has_perm("users_app.add_importjob"),
    }
    title = _("Import of %(file)s") % {"file": job.file_name}
    return render_page(request, "users/import_detail.html", context, title=title)


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
