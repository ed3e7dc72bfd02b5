"""HTTP Basic authentication of API calls, with either kind of key (protocol/ums.md 2)."""

import base64
import hmac
from dataclasses import dataclass

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from channels_app import throttling
from channels_app.models import AccessKey, BusinessLine
from ums.lib.errors import Code, DomainError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API: a business line, or the holder of a global access key (line is None)."""

    line: BusinessLine | None

    @property
    def is_authenticated(self) -> bool:
        return True


class BasicKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, None]:
        key, secret = _credentials(request.META.get("HTTP_AUTHORIZATION", ""))
        line = BusinessLine.objects.filter(channel_key=key).first()
        access = None if line else AccessKey.objects.filter(access_key=key, enabled=True).first()
        holder = line or access
        # Compare in any case, so that the time does not tell whether a key exists.
        stored = holder.master_secret if holder else "-"
        if not hmac.compare_digest(stored.encode(), secret.encode()) or holder is None:
            raise AuthenticationFailed(
                _("The key or the Master Secret in the Authorization header is wrong.")
            )
        if line is not None and not line.enabled:
            raise DomainError(
                _("The business line “%(name)s” is closed.") % {"name": line.name}, Code.LINE_CLOSED
            )
        throttling.admit(request, key=key, limit=holder.calls_per_minute)
        return Caller(line=line), None

    def authenticate_header(self, request: Request) -> str:
        return 'Basic realm="UMS"'


class IsBusinessLine(BasePermission):
    """Sending belongs to business lines; a global access key is for user data only."""

    @property
    def message(self) -> str:
        return _("This call needs a ChannelKey; an AccessKey is for the user API only.")

    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.user, Caller) and request.user.line is not None


class IsGlobalAccessKey(BasePermission):
    @property
    def message(self) -> str:
        return _("This call needs a global AccessKey; a ChannelKey may not make it.")

    def has_permission(self, request: Request, view: object) -> bool:
        return isinstance(request.user, Caller) and request.user.line is None


def _credentials(header: str) -> tuple[str, str]:
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise AuthenticationFailed(
            _("The Authorization header must be: Basic base64(key:Master Secret).")
        )
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError as exc:  # base64 of something else, not base64, or not even ASCII
        raise AuthenticationFailed(
            _("The Authorization header is not base64 of key:Master Secret.")
        ) from exc
    key, _colon, secret = text.partition(":")
    return (key if key.isprintable() else ""), secret  # PostgreSQL refuses to look for NUL
