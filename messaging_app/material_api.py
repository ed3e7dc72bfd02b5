"""POST /v1/material: a file for a later message (protocol/ums.md 3.6)."""

import re
from collections.abc import Mapping
from typing import IO, Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser, DataAndFiles
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.authentication import Caller, IsBusinessLine
from messaging_app.api_docs.material import MATERIAL
from messaging_app.material import DEFAULT_HOURS, MAX_BYTES, address_of, store
from ums.lib.api import BodyTooLarge
from ums.lib.errors import Code, DomainError
from ums.lib.openapi_schema import describe
from users_app.changes import shown

ATTACHMENT = "attachment"
HOURS = re.compile(r"[0-9]{1,18}\Z")


class FormParser(BaseParser):
    """A form with its files on disk, from any client that sends the parts."""

    media_type = "*/*"  # another one gets our own answer

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> "DataAndFiles[Any, Any]":
        meta = parser_context["request"].META
        body, upload = _Body(stream, meta), _Upload()
        try:
            # UTF-8 whatever charset the header names (protocol/ums.md 2).
            form = MultiPartParser(meta, body, [upload], "utf-8")  # type: ignore[arg-type]  # it only reads
            fields, files = form.parse()
        except (MultiPartParserError, SuspiciousOperation) as exc:
            upload.upload_interrupted()
            raise DomainError(
                _("The body cannot be read as multipart/form-data: %(reason)s.") % {"reason": exc}
            ) from exc
        parsed = DataAndFiles(fields, files)
        if fault := _fault(body, upload):
            _close(files)
            raise fault
        return parsed


@describe(post=MATERIAL)
class MaterialView(APIView):
    """protocol/ums.md 3.6"""

    permission_classes: list[type[BasePermission]] = [IsBusinessLine]  # DRF's way
    parser_classes = (FormParser,)

    def post(self, request: Request) -> Response:
        caller = request.user
        assert isinstance(caller, Caller)  # noqa: S101  # the permission has made sure
        assert caller.line is not None  # noqa: S101  # as above
        _check_type(request.data)
        material = store(
            line=caller.line, file=_only_file(request.FILES), hours=_hours(request.data)
        )
        return Response({"code": Code.OK, "message": "success", "url": address_of(material)})


class _Body:
    """What a client sends, with the closing boundary that an old Go client leaves out (3.0).

    One more after the right one is passed over.
    """

    def __init__(self, stream: IO[bytes], meta: Mapping[str, Any]) -> None:
        _type, options = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        self._stream = stream
        self._closing = f"\r\n--{options.get('boundary', '')}--\r\n".encode()
        self._missing = int(meta.get("CONTENT_LENGTH") or 0)

    @property
    def cut_short(self) -> bool:
        """Whether less came than was announced."""
        return self._missing > 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._missing -= len(data)
        if not data:
            data, self._closing = self._closing, b""
        return data


class _Upload(TemporaryFileUploadHandler):
    """Files on disk, up to the limit; what is over it is read, so that the client hears of it."""

    received = 0

    @property
    def too_large(self) -> bool:
        return self.received > MAX_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if not self.too_large:
            super().receive_data_chunk(raw_data, start)


def _fault(body: _Body, upload: _Upload) -> Exception | None:
    if upload.too_large:
        return BodyTooLarge(
            _("The file is larger than the limit of %(limit)d MB.") % {"limit": MAX_BYTES >> 20}
        )
    if body.cut_short:
        return DomainError(_("The body ends before its Content-Length: send it again."))
    return None


def _check_type(data: Mapping[str, Any]) -> None:
    kind = data.get("type")
    if kind is None:
        raise DomainError(_("The part “type” is missing; it must be “attachment”."))
    if kind != ATTACHMENT:
        raise DomainError(
            _("The part “type” is “%(type)s”; it must be “attachment”.")
            % {"type": shown(str(kind))}
        )


def _only_file(files: MultiValueDict[str, UploadedFile]) -> UploadedFile:
    number = sum(len(same) for _name, same in files.lists())
    file = files.get("file")
    if file is None:
        raise DomainError(_("The part “file” is missing: exactly one file with its name."))
    if number != 1:
        raise DomainError(
            _("The form has %(number)d files; exactly one is allowed.") % {"number": number}
        )
    return file


def _hours(data: Mapping[str, Any]) -> int:
    text = str(data.get("time_to_live", DEFAULT_HOURS)).strip()
    if not HOURS.match(text):
        raise DomainError(
            _("time_to_live is “%(hours)s”; it must be a whole number of hours from 1.")
            % {"hours": shown(text)}
        )
    return int(text)


def _close(files: MultiValueDict[str, UploadedFile]) -> None:
    for _name, same in files.lists():
        for file in same:
            file.close()
