"""Asks JPush whether a channel's credentials work, and explains its answer."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_app.credentials import credentials_of
from channels_app.jpush.client import JPushClient
from channels_app.jpush.errors import JPushError
from channels_app.models import Channel
from ums.lib.outbound import OutboundPolicy

# protocol/jpush.md 8.1, 8.3 and, for private clouds, 8.6
WRONG_CREDENTIALS_CODES = frozenset({1004, 1008, 3001, 7001, 7004, 7008, 21004, 21008, 27001})
BLACKLIST_CODE = 2003
ADDRESS_CODES = frozenset({2004, 23009})
HTTPS_ONLY_CODE = 1020


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it, in sentences for the operator."""

    ok: bool
    message: str


def verify_channel(channel: Channel) -> Verification:
    """Call JPush's cheapest authenticated call (protocol/jpush.md 4); remember a success.

    It calls the network: never inside a transaction.
    """
    credentials = credentials_of(channel)
    client = JPushClient(credentials, OutboundPolicy.from_settings())
    try:
        client.fetch_cids(1)
    except JPushError as error:
        return Verification(ok=False, message=_explain(error, credentials.api_url))
    finally:
        client.close()
    # Only if nobody has changed the credentials meanwhile.
    asked = Channel.objects.filter(pk=channel.pk, updated_at=channel.updated_at)
    asked.update(verified_at=timezone.now())
    return Verification(
        ok=True,
        message=_("JPush has accepted the AppKey and the Master Secret of “%(name)s”.")
        % {"name": channel.name},
    )


def _explain(error: JPushError, api_url: str) -> str:
    """What `error` means for the credentials, and what to do about it."""
    if error.http_status is None:
        return _no_answer(error)
    if error.rate_limited:
        return _(
            "JPush's limit of calls per minute for this AppKey is used up at the moment, so the"
            " credentials could not be checked. Try again in a minute."
        )
    if error.http_status == 401 or error.code in WRONG_CREDENTIALS_CODES:
        return _(
            "JPush does not accept this AppKey with this Master Secret. Copy both again from"
            " Jiguang's website: Service Center, Developer Platform, your app, App settings. For a"
            " private cloud, ask the person who runs it."
        )
    if error.code == BLACKLIST_CODE:
        return _("JPush has put this AppKey on its blacklist; only Jiguang's support can lift it.")
    if error.code in ADDRESS_CODES:
        return _(
            "JPush refuses the IP address of this server. Add the address to the IP allow-list in"
            " the app's settings at Jiguang, or empty that list."
        )
    if error.code == HTTPS_ONLY_CODE:
        return _("“%(url)s” answers to https:// only: correct the request URL.") % {"url": api_url}
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
    return _(
        "“%(url)s” answers HTTP %(status)d, but not as JPush does. The request URL or its path"
        " prefix leads to something else."
    ) % {"url": api_url, "status": http_status}
