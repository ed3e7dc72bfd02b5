"""What an operator does about a channel that JPush refuses, by JPush's code or the HTTP status."""

from django.utils.translation import gettext as _

from channels_app.models import Channel

# protocol/jpush.md 8.1, 8.3 and, for private clouds, 8.6
CREDENTIALS_CODES = frozenset({401, 1004, 1008, 3001, 7001, 7004, 7008, 21004, 21008, 27001})
BLACKLIST_CODE = 2003
ADDRESS_CODES = frozenset({2004, 23009})
AMOUNT_CODE = 2005
CONTRACT_CODES = frozenset({2006, 2007, 21038})
HTTPS_ONLY_CODE = 1020
# Without a code of JPush's: the address leads to something else.
NOT_JPUSH_STATUSES = frozenset({301, 302, 303, 307, 308, 403, 404, 405, 407, 410})


def advice(number: int | None, api_url: str) -> str:
    """What the refusal means and what to do about it; "" where JPush's own words must do.

    `number` is JPush's code, else the HTTP status. JPush's codes have four digits at least.
    """
    if number in CREDENTIALS_CODES:
        return _(
            "JPush does not accept this AppKey with this Master Secret. Copy both again from"
            " Jiguang's website: Service Center, Developer Platform, your app, App settings. For a"
            " private cloud, ask the person who runs it."
        )
    if number == BLACKLIST_CODE:
        return _("JPush has put this AppKey on its blacklist; only Jiguang's support can lift it.")
    if number in ADDRESS_CODES:
        return _(
            "JPush refuses the IP address of this server. Add the address to the IP allow-list in"
            " the app's settings at Jiguang, or empty that list."
        )
    if number == AMOUNT_CODE:
        return _(
            "The amount that your contract with Jiguang allows is used up: ask Jiguang for more, or"
            " wait until it counts anew, then resume the channel."
        )
    if number in CONTRACT_CODES:
        return _(
            "Your contract with Jiguang does not include what was asked for, or has ended: ask"
            " Jiguang's sales, then resume the channel."
        )
    if number == HTTPS_ONLY_CODE:
        return _("“%(url)s” answers to https:// only: correct the request URL.") % {"url": api_url}
    if number is not None and number in NOT_JPUSH_STATUSES:
        return not_jpush(number, api_url)
    return ""


def not_jpush(http_status: int, api_url: str) -> str:
    return _(
        "“%(url)s” answers HTTP %(status)d, but not as JPush does. The request URL or its path"
        " prefix leads to something else."
    ) % {"url": api_url, "status": http_status}


def jpush_words(channel: Channel) -> str:
    """Code and words with which JPush has refused a paused channel."""
    if channel.pause_code is None:
        return channel.pause_reason
    return f"{channel.pause_code}: {channel.pause_reason}"
