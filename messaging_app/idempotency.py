"""Idempotency-Key: a repeated API call finds the message of the first one."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine
from messaging_app.models import IdempotencyKey, Message
from ums.lib.errors import DomainError, MismatchError

MAX_LENGTH = 255
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Repetition:
    """What makes a call the same call again: its key, and a digest of path and body."""

    key: str
    digest: str


def repetition(*, key: str | None, path: str, body: bytes) -> Repetition | None:
    """None without a key. `body` is JSON; order of keys and blanks do not matter."""
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_LENGTH or not (key.isascii() and key.isprintable()):
        raise DomainError(
            _("The header Idempotency-Key must have 1 to %(limit)d printable ASCII characters.")
            % {"limit": MAX_LENGTH}
        )
    document: Any = msgspec.json.decode(body)
    canonical = msgspec.json.encode([path, document], order="deterministic")
    return Repetition(key, hashlib.sha256(canonical).hexdigest())


def first_message(line: BusinessLine, call: Repetition) -> Message | None:
    """The message that this call has made before; MismatchError if it was another call."""
    kept = IdempotencyKey.objects.select_related("message").filter(
        business_line=line, key=call.key, created_at__gt=timezone.now() - KEPT
    )
    known = kept.first()
    if known is None:
        return None
    if known.digest != call.digest:
        raise MismatchError(
            _(
                "The Idempotency-Key “%(key)s” was used for another call or body before. Use a new"
                " key for each message."
            )
            % {"key": call.key[:80]}
        )
    return known.message


def remember(line: BusinessLine, call: Repetition, message: Message) -> None:
    """In the transaction that stores the message; IntegrityError if the key is taken."""
    now = timezone.now()
    IdempotencyKey.objects.filter(
        business_line=line, key=call.key, created_at__lte=now - KEPT
    ).delete()
    IdempotencyKey.objects.create(
        business_line=line, key=call.key, digest=call.digest, message=message
    )


def forget_old() -> None:
    IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT).delete()
