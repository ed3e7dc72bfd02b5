"""What every REST endpoint shares: reading a body, and the one error shape."""

import codecs
import logging
from typing import IO, Any, TypeVar

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from ums.lib.errors import Code, DomainError, MismatchError, NotFoundError

logger = logging.getLogger(__name__)
T = TypeVar("T")

HTTP_STATUS = {
    Code.AUTHENTICATION_FAILED: status.HTTP_401_UNAUTHORIZED,
    Code.SERVER_ERROR: status.HTTP_500_INTERNAL_SERVER_ERROR,
    Code.TOO_MANY_CALLS: status.HTTP_429_TOO_MANY_REQUESTS,
}


class BodyTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class RawBodyParser(BaseParser):
    """Hands the bytes on: clients mislabel JSON as text/html (protocol/ums.md 3.0)."""

    media_type = "*/*"

    def parse(  # type: ignore[override]  # the stubs know of parsed bodies only
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> bytes:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(
                _("The body is larger than the limit of %(limit)d bytes.") % {"limit": limit}
            )
        return body


def body_of(request: Request) -> bytes:
    """What was sent, without the byte order mark that Windows tools put in front."""
    body: Any = request.data  # bytes from RawBodyParser, or {} where there is no body at all
    return body.removeprefix(codecs.BOM_UTF8) if isinstance(body, bytes) else b""


def decode_body(request: Request, shape: type[T]) -> T:
    """The body as `shape`; DomainError naming the place and the rule if it is something else."""
    try:
        return msgspec.json.decode(body_of(request), type=shape)
    except msgspec.ValidationError as exc:
        raise DomainError(
            _("The body does not have the documented form: %(reason)s.") % {"reason": exc}
        ) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise DomainError(
            _("The body is not JSON in UTF-8: %(reason)s.") % {"reason": exc}
        ) from exc


def error_body(code: int, message: str) -> dict[str, Any]:
    return {"code": int(code), "message": message}


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every failure as `{"code", "message"}`; None lets a bug surface as 500 (`ums.errors`)."""
    match exc:
        case MismatchError():
            return _failure(exc.code, exc.message, status.HTTP_422_UNPROCESSABLE_ENTITY)
        case NotFoundError():
            return _failure(exc.code, exc.message, status.HTTP_404_NOT_FOUND)
        case DomainError():
            return _failure(
                exc.code, exc.message, HTTP_STATUS.get(exc.code, status.HTTP_400_BAD_REQUEST)
            )
        case exceptions.AuthenticationFailed() | exceptions.NotAuthenticated():
            response = _failure(
                Code.AUTHENTICATION_FAILED, str(exc.detail), status.HTTP_401_UNAUTHORIZED
            )
            response["WWW-Authenticate"] = 'Basic realm="UMS"'
            return response
        case exceptions.PermissionDenied() | PermissionDenied():
            message = str(getattr(exc, "detail", exc)) or _("This key may not make this call.")
            return _failure(Code.AUTHENTICATION_FAILED, message, status.HTTP_403_FORBIDDEN)
        case Http404():
            return _failure(
                Code.INVALID_PARAMETER,
                str(exc) or _("There is nothing at this address."),
                status.HTTP_404_NOT_FOUND,
            )
        case exceptions.APIException():
            return _failure(Code.INVALID_PARAMETER, str(exc.detail), exc.status_code)
    return None


def _failure(code: Code, message: str, http_status: int) -> Response:
    return Response(error_body(code, message), status=http_status)
