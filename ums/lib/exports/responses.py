"""Answers a request with a table as a file that begins to arrive at once."""

from collections.abc import Iterator
from datetime import tzinfo

from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers

from ums.lib.exports import csv_file, xlsx_file
from ums.lib.exports.tables import Table

FORMATS = {"xlsx": xlsx_file, "csv": csv_file}


def respond(table: Table, kind: str) -> StreamingHttpResponse:
    """`kind` is a key of FORMATS; words and times are those of the caller's language and zone."""
    writer = FORMATS[kind]
    response = StreamingHttpResponse(
        _as_now(writer.parts(table.heading, table.pages())),
        content_type=writer.CONTENT_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{table.name}.{kind}"',
            "X-Accel-Buffering": "no",  # nginx would keep back what is to begin at once
        },
    )
    add_never_cache_headers(response)
    return response


def _as_now(parts: Iterator[bytes]) -> Iterator[bytes]:
    # Taken now: the parts are made after the request, whose language and zone are gone by then.
    return _as(parts, translation.get_language(), timezone.get_current_timezone())


def _as(parts: Iterator[bytes], language: str | None, zone: tzinfo) -> Iterator[bytes]:
    while True:
        with translation.override(language), timezone.override(zone):
            part = next(parts, None)
        if part is None:
            return
        yield part
