"""Messages, and the people of a message, as files."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from channels_app.models import Channel
from messaging_app import people as report_people
from messaging_app.ledger import BOXES, deliveries, ledgers
from messaging_app.models import Message
from messaging_app.reports import BOX_NAMES, sent_by
from messaging_app.views import list_filter, listed, may_view, report_filter
from ums.lib.exports.responses import respond
from ums.lib.exports.tables import Row, Table, in_pages


@require_GET
@login_required
@may_view
def people(request: HttpRequest, pk: int, kind: str) -> StreamingHttpResponse:
    """The report's list of people, as it is filtered."""
    message = get_object_or_404(Message.objects.only("pk"), pk=pk)
    query, box = report_filter(request)
    found = deliveries(message, box=box, search=query)
    return respond(report_people.table(message, found), kind)


@require_GET
@login_required
@may_view
def messages(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """The list of messages, as it is filtered, with every figure of each."""
    query, state = list_filter(request)
    return respond(_table(listed(query, state)), kind)


def _table(found: QuerySet[Message]) -> Table:
    heading = [
        *("msgid", _("Message"), _("State"), _("Channels"), _("Targets")),
        *(str(BOX_NAMES[box]) for box in BOXES),
        *(_("Sent by"), _("Accepted"), _("to be sent at"), _("Finished")),
    ]

    def pages() -> Iterator[list[Row]]:
        channels = Prefetch("channels", Channel.objects.only("name"))
        for page in in_pages(found, listed("", "").prefetch_related(channels)):
            counts = ledgers(page)
            yield [
                (
                    message.msgid,
                    message.summary,
                    message.get_state_display(),
                    ", ".join(channel.name for channel in message.channels.all()),
                    counts[message.pk].targets,
                    *(getattr(counts[message.pk], box) for box in BOXES),
                    sent_by(message),
                    message.created_at,
                    message.send_at,
                    message.done_at,
                )
                for message in page
            ]

    return Table("messages", heading, pages)
