"""The shape of send requests, and what is made of them (protocol/ums.md 3.1, 4)."""

from typing import Any

import msgspec
from django.utils.translation import gettext as _

from messaging_app import elements
from messaging_app.audience import Audience, check_limits
from messaging_app.send_options import MAX_ID, Option, list_ids
from ums.lib.errors import Code, DomainError

# By the end of their `msg_…` and `aud_…` names (protocol/ums.md 1.1).
OTHER_KINDS = {
    "sms": Code.NO_SMS_CHANNEL,
    "wechatoa": Code.NO_WECHATOA_CHANNEL,
    "wechatmp": Code.NO_WECHATMP_CHANNEL,
    "email": Code.NO_EMAIL_CHANNEL,
    "alipay_life": Code.NO_ALIPAY_CHANNEL,
    "dingtalk_cc": Code.NO_DINGTALK_CHANNEL,
    "wechatwk": Code.INVALID_PARAMETER,  # its own code is not known (protocol/ums.md 12.2)
    "wechatwk_linkedcorp": Code.INVALID_PARAMETER,
}
AUDIENCES = ("aud_userid", "aud_tag", "aud_segment", "aud_app")


class CustomIds(msgspec.Struct):
    """One element of `aud_app`; `instance` has no effect (protocol/ums.md 4)."""

    data: list[str]
    instance: Any = None


class CallbackWish(msgspec.Struct):
    """Where the sender wants to hear of the message; without effect until such URLs exist."""

    url: str | None = None
    params: dict[str, Any] | None = None


class AudienceRequest(msgspec.Struct, kw_only=True):
    """What all four send calls share; what a body has beyond its shape is ignored."""

    aud_userid: list[str | int] | None = None
    aud_tag: list[str] | None = None
    aud_segment: list[str | int] | None = None
    aud_app: list[CustomIds] | None = None
    aud_sms: Any = None
    aud_wechatoa: Any = None
    aud_wechatmp: Any = None
    aud_email: Any = None
    aud_alipay_life: Any = None
    aud_dingtalk_cc: Any = None
    aud_wechatwk: Any = None
    aud_wechatwk_linkedcorp: Any = None
    rule_id: int | None = None
    option: Option | None = None
    callback: CallbackWish | None = None

    def audience(self) -> Audience:
        """Whom `/sent` names."""
        block_list, allow_list = self._lists()
        userids, tags = self.aud_userid or [], self.aud_tag or []
        segments = [_segment_id(value) for value in self.aud_segment or ()]
        registration_ids = [each for ids in self.aud_app or () for each in ids.data]
        check_limits(
            userids=userids, tags=tags, segments=segments, registration_ids=registration_ids
        )
        return Audience(
            userids=tuple(map(str, userids)),
            tags=tuple(tags),
            segments=tuple(segments),
            registration_ids=tuple(registration_ids),
            block_list=block_list,
            allow_list=allow_list,
        )

    def everyone(self) -> Audience:
        """The audience of a broadcast, which must name none: it would reach far too many."""
        block_list, allow_list = self._lists()
        for field in AUDIENCES:
            if getattr(self, field) is not None:
                raise DomainError(
                    _("A broadcast goes to everyone and takes no %(field)s; use /v1/sent.")
                    % {"field": field}
                )
        return Audience(everyone=True, block_list=block_list, allow_list=allow_list)

    def check(self) -> None:
        """Refused where something asked for would be left undone."""
        self._refuse_other_kinds("aud")
        # A rule says how people are reached; with custom ids it has no effect (protocol/ums.md 4).
        if self.rule_id and not self.aud_app:
            raise DomainError(
                _("There is no sending rule %(id)d; leave rule_id out.") % {"id": self.rule_id},
                Code.RULE_INVALID,
            )

    def _lists(self) -> tuple[int | None, int | None]:
        return list_ids(self.option or Option())

    def _refuse_other_kinds(self, prefix: str) -> None:
        for kind, code in OTHER_KINDS.items():
            field = f"{prefix}_{kind}"
            if getattr(self, field, None) is not None:
                raise DomainError(
                    _("%(field)s cannot be sent: this business line has App channels only.")
                    % {"field": field},
                    code,
                )


class SendRequest(AudienceRequest, kw_only=True):
    """The body of `/v1/sent` and `/v1/broadcast`."""

    msg_app: list[dict[str, Any]] | None = None
    msg_sms: Any = None
    msg_wechatoa: Any = None
    msg_wechatmp: Any = None
    msg_email: Any = None
    msg_alipay_life: Any = None
    msg_dingtalk_cc: Any = None
    msg_wechatwk: Any = None

    def content(self) -> dict[str, Any]:
        """One push for all elements of `msg_app`."""
        self._refuse_other_kinds("msg")
        if not self.msg_app:
            raise DomainError(_("msg_app is missing: a list with one JPush push object."))
        return elements.combine(self.msg_app)


def _segment_id(value: str | int) -> int:
    text = str(value)
    if text.isdecimal() and text.isascii() and 0 < int(text[:20]) <= MAX_ID:
        return int(text)
    raise DomainError(_("There is no segment “%(value)s”.") % {"value": text[:80]})
