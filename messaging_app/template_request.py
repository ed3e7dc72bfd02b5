"""The shape of template send requests (protocol/ums.md 6)."""

from typing import Any

import msgspec
from django.utils.translation import gettext as _

from messaging_app.app_para import AppPara
from messaging_app.send_request import AudienceRequest
from ums.lib.errors import Code, DomainError


class TemplateRequest(AudienceRequest, kw_only=True):
    """The body of `/v1/template/sent` and `/v1/template/broadcast`."""

    template_id: int
    template_para: dict[str, Any] | None = None
    app_para: AppPara | None = None
    msg_app: Any = None
    msg_sms: Any = None
    msg_wechatoa: Any = None
    msg_wechatmp: Any = None
    msg_email: Any = None
    msg_alipay_life: Any = None
    msg_dingtalk_cc: Any = None
    msg_wechatwk: Any = None

    def check(self) -> None:
        for field in msgspec.structs.fields(self):
            if field.name.startswith("msg_") and getattr(self, field.name) is not None:
                raise DomainError(
                    _("%(field)s is not allowed beside a template, which has its own content.")
                    % {"field": field.name},
                    Code.MSG_WITH_TEMPLATE,
                )
        super().check()
