"""Limits the API calls of one key per running minute (protocol/ums.md 3.0 and 8, 1015030)."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from channels_app.models import KeyUsage
from ums.lib.errors import Code, DomainError
from ums.lib.sql import scalar

SECONDS = 60
ALLOWANCE = "ums.allowance"  # in META; a client's header would begin with HTTP_


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a key of the running minute, after the call that has asked."""

    granted: bool
    limit: int
    remaining: int
    reset_seconds: int  # to the end of the minute


class AllowanceHeaders:
    """Middleware: tells a limited key on every answer, also on errors, what is left to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        allowance = request.META.get(ALLOWANCE)
        if isinstance(allowance, Allowance):
            response["X-Rate-Limit-Limit"] = str(allowance.limit)
            response["X-Rate-Limit-Remaining"] = str(allowance.remaining)
            response["X-Rate-Limit-Reset"] = str(allowance.reset_seconds)
        return response


def admit(request: Request, *, key: str, limit: int | None) -> None:
    """Count a call of `key`; DomainError TOO_MANY_CALLS where its minute is used up.

    Without a limit nothing is counted. Authentication asks, not a DRF throttle: that one comes
    after the permissions, and a call that the key may not make is an answer of the key too.
    """
    if limit is None:
        return
    allowance = take_call(key=key, limit=limit)
    request.META[ALLOWANCE] = allowance
    if not allowance.granted:
        raise DomainError(
            _(
                "The calls of this minute are used up (limit of this key: %(limit)d); try again in"
                " %(seconds)d s."
            )
            % {"limit": limit, "seconds": allowance.reset_seconds},
            Code.TOO_MANY_CALLS,
        )


def take_call(*, key: str, limit: int) -> Allowance:
    """Take one of the `limit` calls of the running minute: one statement, whoever comes first."""
    now = time.time()
    with transaction.atomic():
        calls = scalar(_TAKE, [key, int(now // SECONDS), limit])
    return Allowance(
        granted=calls is not None,
        limit=limit,
        remaining=0 if calls is None else limit - calls,
        reset_seconds=math.ceil(SECONDS - now % SECONDS),
    )


# A minute that is just ahead of ours was begun by a machine whose clock is: it is the running one.
_IS_RUNNING = "used.minute - excluded.minute IN (0, 1)"
_TAKE = f"""
INSERT INTO {KeyUsage._meta.db_table} AS used (key, minute, calls) VALUES (%s, %s, 1)
ON CONFLICT (key) DO UPDATE SET
    minute = CASE WHEN {_IS_RUNNING} THEN used.minute ELSE excluded.minute END,
    calls = CASE WHEN {_IS_RUNNING} THEN used.calls + 1 ELSE 1 END
WHERE NOT ({_IS_RUNNING}) OR used.calls < %s
RETURNING calls
"""
