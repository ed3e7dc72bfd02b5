"""The history of imports as a file."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ums.lib.exports.responses import respond
from ums.lib.exports.tables import Row, Table, in_pages
from users_app.models import ImportJob
from users_app.views import list_filter, listed, may_view

FIGURES = ("rows", "people", "new", "changed", "unchanged", "moved", "bad", "applied_people")


@require_GET
@login_required
@may_view
def imports(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """The list of imports, as it is filtered."""
    return respond(_table(listed(*list_filter(request))), kind)


def _table(found: QuerySet[ImportJob]) -> Table:
    names = (
        _("rows"),
        _("people"),
        _("new"),
        _("changed"),
        _("unchanged"),
        _("devices moved"),
        _("bad rows"),
        _("people applied"),
    )

    def pages() -> Iterator[list[Row]]:
        for page in in_pages(found, listed()):
            yield [
                (
                    job.file_name,
                    job.get_mode_display(),
                    job.get_state_display(),
                    job.problem,
                    *(getattr(job, figure) for figure in FIGURES),
                    job.operator.get_username() if job.operator else "",
                    job.created_at,
                    job.finished_at,
                )
                for job in page
            ]

    heading = (
        *(_("file"), _("mode"), _("state"), _("problem")),
        *names,
        *(_("operator"), _("uploaded"), _("finished at")),
    )
    return Table("imports", heading, pages)
