"""POST /v1/retract/{msgid} (protocol/ums.md 3.3, 7)."""

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.authentication import Caller, IsBusinessLine
from messaging_app.models import Message
from messaging_app.retraction import retract
from ums.lib.errors import Code, NotFoundError


class RetractView(APIView):
    """POST /v1/retract/{msgid}: the body is not read, since real clients send junk (3.0)."""

    permission_classes: list[type[BasePermission]] = [IsBusinessLine]  # DRF's way

    def post(self, request: Request, msgid: str) -> Response:
        caller = request.user
        assert isinstance(caller, Caller)  # noqa: S101  # the permission has made sure
        known = Message.objects.filter(msgid=msgid, business_line=caller.line).only("msgid")
        message = known.first() if msgid.isprintable() else None  # PostgreSQL refuses NUL
        if message is None:
            raise NotFoundError(_("There is no message “%(msgid)s”.") % {"msgid": msgid[:80]})
        retract(message=message)
        return Response({"code": Code.OK, "message": "success"})
