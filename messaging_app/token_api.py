"""GET /v1/token?type=: tokens of channels other than App, of which no line has any (3.7)."""

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.authentication import IsBusinessLine
from messaging_app.api_docs.token import token
from ums.lib.errors import Code, DomainError
from ums.lib.openapi_schema import describe
from users_app.changes import shown

MISSING_CHANNEL = {
    "wechatoa": Code.NO_WECHATOA_CHANNEL,
    "wechatmp": Code.NO_WECHATMP_CHANNEL,
    "dingtalkcc": Code.NO_DINGTALK_CHANNEL,
    "wechatwk": Code.INVALID_PARAMETER,  # its own code is not known (protocol/ums.md 12.2)
}


@describe(get=token(MISSING_CHANNEL))
class TokenView(APIView):
    """protocol/ums.md 3.7"""

    permission_classes: list[type[BasePermission]] = [IsBusinessLine]  # DRF's way

    def get(self, request: Request) -> Response:
        kind = request.query_params.get("type", "")
        if kind not in MISSING_CHANNEL:
            raise DomainError(
                _("type is “%(type)s”; it must be one of %(known)s.")
                % {"type": shown(kind), "known": ", ".join(MISSING_CHANNEL)}
            )
        raise DomainError(
            _("There is no token for “%(type)s”: this business line has App channels only.")
            % {"type": kind},
            MISSING_CHANNEL[kind],
        )
