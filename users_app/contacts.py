"""The kinds of channel other than App: where their addresses are bound, and how they look."""

import re
from collections.abc import Callable

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users_app.bind_ids import BindIds
from users_app.changes import ALL, RefusedError, shown

EMAIL_LENGTH = 254
ID_LENGTH = 128
CODE_LENGTH = 64
_CODE = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_PHONE = re.compile(r"(?=.*[0-9])\+?[0-9 -]{1,32}\Z")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_ID = re.compile(r"\S+\Z")
_LINKED_CORP_ID = re.compile(r"[^\s/]+/[^\s/]+\Z")


class ContactKind(TextChoices):
    """Names of the user API (protocol/ums.md 1.1)."""

    PHONE = "phone", gettext_lazy("Phone")
    EMAIL = "email", gettext_lazy("Email")
    WECHATOA = "wechatoa", gettext_lazy("WeChat Official Account")
    WECHATMP = "wechatmp", gettext_lazy("WeChat mini program")
    ALIPAYLIFE = "alipaylife", gettext_lazy("Alipay life account")
    DINGTALKCC = "dingtalkcc", gettext_lazy("DingTalk")
    WECHATWK = "wechatwk", gettext_lazy("WeCom")
    WECHATWK_LINKEDCORP = "wechatwk_linkedcorp", gettext_lazy("WeCom linked corp")


# A person has one value of every other kind below each bind_id (protocol/ums.md 3.4).
MANY = frozenset({ContactKind.WECHATWK_LINKEDCORP})
_OF_LINE = frozenset({ContactKind.PHONE, ContactKind.EMAIL})
_OF_CHANNEL = frozenset({ContactKind.WECHATOA, ContactKind.WECHATMP, ContactKind.ALIPAYLIFE})


def contact_scope(kind: ContactKind, bind_id: str, bind_ids: BindIds) -> str:
    """The scope of `Contact`, or RefusedError if `kind` has no such bind_id (protocol/ums.md 1.2).

    The console has no channels of these kinds yet, so that any well-formed code is one of theirs:
    nothing that is uploaded for them is lost.
    """
    if kind in _OF_LINE:
        if bind_id != ALL and bind_id not in bind_ids.lines:
            raise RefusedError(
                _(
                    "“%(kind)s” is bound under “all” or under a ChannelKey that can be used here;"
                    " “%(value)s” is neither."
                )
                % {"kind": kind, "value": shown(bind_id)}
            )
    elif kind not in _OF_CHANNEL:
        if bind_id != ALL:
            raise RefusedError(
                _("“%(kind)s” is bound under “all” only, not under “%(value)s”.")
                % {"kind": kind, "value": shown(bind_id)}
            )
    elif not _CODE.match(bind_id):
        raise RefusedError(
            _(
                "“%(kind)s” is bound under a channel code of 1 to %(limit)d letters and digits;"
                " “%(value)s” is none."
            )
            % {"kind": kind, "limit": CODE_LENGTH, "value": shown(bind_id)}
        )
    elif bind_id in bind_ids.others:
        raise RefusedError(
            _("“%(kind)s”: the channel “%(value)s” may not be used with this ChannelKey.")
            % {"kind": kind, "value": shown(bind_id)}
        )
    return f"{kind}:{bind_id}"


def checked_contact(kind: ContactKind, value: str) -> str:
    # Nothing invisible: PostgreSQL refuses NUL, and nobody could correct the rest.
    if not (value.isprintable() and _RULES[kind](value)):
        raise RefusedError(
            _("“%(value)s” is not a value of “%(kind)s”: that is %(rule)s.")
            % {"value": shown(value), "kind": kind, "rule": _rule(kind)}
        )
    return value


def _is_id(value: str) -> bool:
    return len(value) <= ID_LENGTH and bool(_ID.match(value))


_RULES: dict[ContactKind, Callable[[str], object]] = dict.fromkeys(ContactKind, _is_id) | {
    ContactKind.PHONE: _PHONE.match,
    ContactKind.EMAIL: lambda value: len(value) <= EMAIL_LENGTH and _EMAIL.match(value),
    ContactKind.WECHATWK_LINKEDCORP: lambda value: (
        len(value) <= EMAIL_LENGTH and _LINKED_CORP_ID.match(value)
    ),
}


def _rule(kind: ContactKind) -> str:
    match kind:
        case ContactKind.PHONE:
            return _("1 to 32 digits, blanks and hyphens, with or without a + before them")
        case ContactKind.EMAIL:
            return _("one @ between two parts without blanks, at most 254 characters")
        case ContactKind.WECHATWK_LINKEDCORP:
            return _("CorpId/userid without blanks, at most 254 characters")
    return _("1 to 128 characters without blanks")
