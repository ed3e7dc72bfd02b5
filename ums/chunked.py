"""Lets Django read bodies that come in chunks, without a Content-Length."""

import tempfile
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_BYTES = 64 * 1024 * 1024  # the largest upload; smaller limits are the views' own
MEMORY_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024


class ChunkedBodies:
    """WSGI middleware: Django takes a body without Content-Length for an empty one."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        if not (chunked and environ.get("wsgi.input_terminated")):
            return self._application(environ, start_response)
        with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as body:
            length = _copy(environ["wsgi.input"], body)
            body.seek(0)
            whole = {**environ, "wsgi.input": body, "CONTENT_LENGTH": str(length)}
            # Read to its end here: the file is closed with this block.
            answer = self._application(whole, start_response)
            try:
                return list(answer)
            finally:
                if close := getattr(answer, "close", None):
                    close()


def _copy(source: Any, target: Any) -> int:
    """At most one byte more than the limit, which the views then refuse by its length."""
    length = 0
    while length <= MAX_BYTES and (chunk := source.read(min(CHUNK_BYTES, MAX_BYTES + 1 - length))):
        target.write(chunk)
        length += len(chunk)
    return length
