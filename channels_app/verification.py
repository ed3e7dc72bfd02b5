"""Asks JPush whether a channel's credentials work, and explains its answer."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.credentials import credentials_of
from channels_app.jpush.client import JPushClient
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from channels_app.pausing import resume_channel
from channels_app.refusals import advice, not_jpush
from ums.lib.outbound import OutboundPolicy


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it, in sentences for the operator."""

    ok: bool
    message: str


def verify_channel(channel: Channel) -> Verification:
    """Call JPush's cheapest authenticated call (protocol/jpush.md 4); remember a success.

    A success resumes a paused channel. It calls the network: never inside a transaction.
    """
    credentials = credentials_of(channel)
    client = JPushClient(credentials, OutboundPolicy.from_settings())
    try:
        client.fetch_cids(1)
    except JPushError as error:
        return Verification(ok=False, message=_explain(error, credentials.api_url))
    finally:
        client.close()
    words = _("JPush has accepted the AppKey and the Master Secret of “%(name)s”.")
    # Only if nobody has changed the credentials meanwhile.
    asked = Channel.objects.filter(pk=channel.pk, updated_at=channel.updated_at)
    if asked.update(verified_at=timezone.now()) and resume_channel(channel_id=channel.pk):
        words = _(
            "JPush has accepted the AppKey and the Master Secret of “%(name)s”. The channel is"
            " resumed: its messages go on."
        )
    return Verification(ok=True, message=words % {"name": channel.name})


def _explain(error: JPushError, api_url: str) -> str:
    """What `error` means for the credentials, and what to do about it."""
    if error.http_status is None:
        return _no_answer(error)
    if error.rate_limited:
        return _(
            "JPush's limit of calls per minute for this AppKey is used up at the moment, so the"
            " credentials could not be checked. Try again in a minute."
        )
    number = 401 if error.http_status == 401 else error.code
    if number is not None and (words := advice(number, api_url)):
        return words
    if error.http_status >= 500:
        return _(
            "JPush has a failure of its own (%(error)s), so the credentials could not be checked."
            " Try again later."
        ) % {"error": error}
    if error.code is not None:
        return _("JPush has refused the call: %(error)s.") % {"error": error}
    return _not_jpush(error.http_status, api_url)


def _no_answer(error: JPushError) -> str:
    if error.unreachable or error.ambiguous:
        return _(
            "%(reason)s Check the request URL, the DNS and the firewalls between this server and"
            " JPush."
        ) % {"reason": error.message}
    return error.message  # the outbound guard, which names the setting


def _not_jpush(http_status: int, api_url: str) -> str:
    if http_status == 404:
        return _(
            "“%(url)s” answers HTTP 404 (not found). Either the request URL or its path prefix is"
            " wrong, or this private cloud is an older one without the call that is used here"
            " (/v3/push/cid); then a test message shows whether the credentials work."
        ) % {"url": api_url}
    return not_jpush(http_status, api_url)
