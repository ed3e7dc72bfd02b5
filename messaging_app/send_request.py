"""The shape of send requests, and what is made of them (protocol/ums.md 3.1, 4)."""

from typing import Any

import msgspec
from django.utils.translation import gettext as _

from messaging_app.audience import Audience
from ums.lib.errors import Code, DomainError

PRIORITIES = (1, 2, 3)
MAX_SENDNO_LENGTH = 255
OTHER_KINDS = {
    "msg_sms": Code.NO_SMS_CHANNEL,
    "msg_wechatoa": Code.NO_WECHATOA_CHANNEL,
    "msg_wechatmp": Code.NO_WECHATMP_CHANNEL,
    "msg_email": Code.NO_EMAIL_CHANNEL,
    "msg_alipay_life": Code.NO_ALIPAY_CHANNEL,
    "msg_dingtalk_cc": Code.NO_DINGTALK_CHANNEL,
    "msg_wechatwk": Code.INVALID_PARAMETER,  # its own code is not known (protocol/ums.md 12.2)
}


class CustomIds(msgspec.Struct):
    """One element of `aud_app`; `instance` has no effect (protocol/ums.md 4)."""

    data: list[str]
    instance: Any = None


class Option(msgspec.Struct):
    sendno: str | int | None = None
    priority: int | None = None
    black_id: int | None = None
    white_id: int | None = None
    send_time: Any = None


class SendRequest(msgspec.Struct):
    """The body of `/v1/sent` and `/v1/broadcast`; what it does not name is ignored."""

    msg_app: list[dict[str, Any]] | None = None
    aud_userid: list[str | int] | None = None
    aud_tag: list[str] | None = None
    aud_segment: list[str | int] | None = None
    aud_app: list[CustomIds] | None = None
    rule_id: int | None = None
    option: Option | None = None
    msg_sms: Any = None
    msg_wechatoa: Any = None
    msg_wechatmp: Any = None
    msg_email: Any = None
    msg_alipay_life: Any = None
    msg_dingtalk_cc: Any = None
    msg_wechatwk: Any = None

    def content(self) -> dict[str, Any]:
        """The one element of `msg_app`; refused where something asked for would be left undone."""
        for name, code in OTHER_KINDS.items():
            if getattr(self, name) is not None:
                raise DomainError(
                    _("%(field)s cannot be sent: this business line has App channels only.")
                    % {"field": name},
                    code,
                )
        elements = self.msg_app
        if not elements:
            raise DomainError(_("msg_app is missing: a list with one JPush push object."))
        if len(elements) != 1:
            raise DomainError(
                _("msg_app has %(number)d elements; exactly one is supported.")
                % {"number": len(elements)}
            )
        self._check_options()
        return elements[0]

    def audience(self) -> Audience:
        if self.aud_segment:
            raise DomainError(
                _("There is no segment “%(value)s”.") % {"value": self.aud_segment[0]}
            )
        return Audience.of_request(
            userids=tuple(str(userid) for userid in self.aud_userid or ()),
            tags=tuple(self.aud_tag or ()),
            registration_ids=tuple(i for ids in self.aud_app or () for i in ids.data),
        )

    def everyone(self) -> Audience:
        """The audience of a broadcast, which must name none: it would reach far too many."""
        for field in ("aud_userid", "aud_tag", "aud_segment", "aud_app"):
            if getattr(self, field) is not None:
                raise DomainError(
                    _("A broadcast goes to everyone and takes no %(field)s; use /v1/sent.")
                    % {"field": field}
                )
        return Audience(everyone=True)

    @property
    def sendno(self) -> str | None:
        return str(self.option.sendno) if self.option and self.option.sendno is not None else None

    def _check_options(self) -> None:
        option = self.option or Option()
        if self.rule_id:
            raise DomainError(
                _("There is no sending rule %(id)d; leave rule_id out.") % {"id": self.rule_id},
                Code.RULE_INVALID,
            )
        if option.black_id and option.white_id:
            raise DomainError(_("black_id and white_id cannot be used together."), Code.TWO_LISTS)
        if list_id := option.black_id or option.white_id:
            raise DomainError(
                _("There is no block or allow list %(id)d.") % {"id": list_id}, Code.LIST_UNKNOWN
            )
        if option.priority is not None and option.priority not in PRIORITIES:
            raise DomainError(
                _("option.priority is %(value)d; it must be 1, 2 or 3.")
                % {"value": option.priority}
            )
        if not (self.sendno or "").isprintable() or len(self.sendno or "") > MAX_SENDNO_LENGTH:
            raise DomainError(
                _("option.sendno must be a text of up to %(limit)d characters.")
                % {"limit": MAX_SENDNO_LENGTH}
            )
        if option.send_time is not None:
            raise DomainError(_("option.send_time is not supported yet; leave it out."))
