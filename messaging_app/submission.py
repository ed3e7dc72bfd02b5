"""Accepts a message: from here on it is on disk and will be sent."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.models import BusinessLine, Channel
from messaging_app import content as contents
from messaging_app.audience import Audience
from messaging_app.models import Message
from ums.lib.errors import Code, DomainError

# Shorter than a cid may be used (delivery.CID_LIFE): a failure that is certain is then recorded as
# one, before the age of the cid leaves only "unknown" to say.
MAX_RETRY_SECONDS = 22 * 3600
MIN_RETRY_SECONDS = 600


def submit(
    *,
    audience: Audience,
    content: Mapping[str, Any],
    channels: Sequence[Channel],
    line: BusinessLine | None = None,
    operator: User | None = None,
    sendno: str = "",
    submission_key: str | None = None,
) -> Message:
    """Store one message to be sent through `channels`; the worker does the rest.

    `content` is one element of `msg_app`. The second call with one `submission_key` returns the
    message of the first. Raises DomainError, and then nothing is stored.
    """
    push = contents.normalise(content)
    if not channels:
        raise DomainError(
            _("There is no enabled App channel to send through."), Code.NO_APP_CHANNEL
        )
    retry = min(max(contents.time_to_live(push), MIN_RETRY_SECONDS), MAX_RETRY_SECONDS)
    message = Message(
        business_line=line,
        operator=operator,
        audience=audience.to_json(),
        content=push,
        summary=contents.summary(push),
        sendno=sendno,
        submission_key=submission_key,
        expires_at=timezone.now() + timedelta(seconds=retry),
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
            message.channels.set(channels)
    except IntegrityError:
        # A double click: the database lets one of both win, whatever their timing.
        first = submitted(submission_key)
        if first is None:
            raise
        return first
    return message


def submitted(submission_key: str | None) -> Message | None:
    """The message that was stored with this key, if any."""
    if submission_key is None:
        return None
    return Message.objects.filter(submission_key=submission_key).first()
