"""Accepts a message: from here on it is on disk and will be sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine, Channel
from messaging_app import content as contents
from messaging_app import hints, idempotency, limits, words
from messaging_app.audience import Audience
from messaging_app.idempotency import Repetition
from messaging_app.lifetime import check_send_at, expires_at
from messaging_app.models import Message
from messaging_app.send_options import SendOptions
from messaging_app.sizes import check_sizes
from messaging_app.targets import check_named
from ums.lib.errors import Code, DomainError


def submit(
    *,
    audience: Audience,
    content: Mapping[str, Any],
    channels: Sequence[Channel],
    options: SendOptions = SendOptions(),  # noqa: B008  # a frozen value
    line: BusinessLine | None = None,
    operator: User | None = None,
    submission_key: str | None = None,
    call: Repetition | None = None,
) -> Message:
    """Store one message to be sent through `channels`; the worker does the rest.

    `content` is one push object without its audience. The second submission with one
    `submission_key` (console), or with one `call` (API), returns the message of the first. Raises
    DomainError, and then nothing is stored.
    """
    now = timezone.now()
    push = _checked_content(content)
    if not channels:
        raise DomainError(
            _("There is no enabled App channel to send through."), Code.NO_APP_CHANNEL
        )
    check_named(audience)
    starts_at = now
    if options.send_at is not None:
        check_send_at(push, options.send_at, now)
        starts_at = max(now, options.send_at)
    if line is not None:
        limits.check_quiet_hours(line, starts_at)
    message = Message(
        business_line=line,
        operator=operator or options.owner,
        audience=audience.to_json(),
        content=push,
        summary=contents.summary(push),
        sendno=options.sendno,
        priority=options.priority,
        broadcast=audience.everyone,
        submission_key=submission_key,
        state=_first_state(line, starts_at, now),
        send_at=options.send_at,
        expires_at=expires_at(push, starts_at),
    )
    try:
        _store(message, channels, line, call)
    except IntegrityError:
        # A double click: the database lets one of both win, whatever their timing.
        first = submitted(submission_key)
        if first is None and line is not None and call is not None:
            first = idempotency.first_message(line, call)
        if first is None:
            raise
        return first
    hints.message_accepted(message)
    return message


def submitted(submission_key: str | None) -> Message | None:
    """The message that was stored with this key, if any."""
    if submission_key is None:
        return None
    return Message.objects.filter(submission_key=submission_key).first()


def _checked_content(content: Mapping[str, Any]) -> dict[str, Any]:
    push = contents.normalise(content)
    check_sizes(push)
    words.check(push)
    return push


def _first_state(line: BusinessLine | None, starts_at: datetime, now: datetime) -> Message.State:
    if line is not None and line.api_approval:
        return Message.State.PENDING_APPROVAL
    return Message.State.SCHEDULED if starts_at > now else Message.State.EXPANDING


def _store(
    message: Message,
    channels: Sequence[Channel],
    line: BusinessLine | None,
    call: Repetition | None,
) -> None:
    """All of it or nothing: the message, its channels, and the key that stands for it."""
    with transaction.atomic():
        if line is not None and message.broadcast:
            limits.check_broadcasts(line)
        message.save(force_insert=True)
        message.channels.add(*channels)  # it has none yet
        if line is not None and call is not None:
            idempotency.remember(line, call, message)
