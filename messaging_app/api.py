"""The send API: sent, broadcast, and our own look at a message (protocol/ums.md 3.1)."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.authentication import Caller, IsBusinessLine
from messaging_app.api_docs.messages import MESSAGE
from messaging_app.api_docs.send import BROADCAST, SENT
from messaging_app.audience import Audience
from messaging_app.ledger import BOXES, ledger
from messaging_app.models import Message
from messaging_app.send_request import SendRequest
from messaging_app.submission import submit
from ums.lib.api import decode_body
from ums.lib.errors import Code
from ums.lib.openapi_schema import describe


class _SendView(APIView):
    permission_classes: list[type[BasePermission]] = [IsBusinessLine]  # DRF's way

    def audience(self, body: SendRequest) -> Audience:
        raise NotImplementedError

    def post(self, request: Request) -> Response:
        body = decode_body(request, SendRequest)
        line = _line(request)
        message = submit(
            audience=self.audience(body),
            content=body.content(),
            channels=list(line.channels.enabled()),
            line=line,
            sendno=body.sendno or "",
        )
        answer: dict[str, Any] = {"code": Code.OK, "message": "success", "msgid": message.msgid}
        if body.sendno is not None:
            answer["sendno"] = body.sendno
        return Response(answer)


@describe(post=SENT)
class SentView(_SendView):
    """POST /v1/sent (protocol/ums.md 3.1)."""

    def audience(self, body: SendRequest) -> Audience:
        return body.audience()


@describe(post=BROADCAST)
class BroadcastView(_SendView):
    """POST /v1/broadcast (protocol/ums.md 3.1)."""

    def audience(self, body: SendRequest) -> Audience:
        return body.everyone()


@describe(get=MESSAGE)
class MessageView(APIView):
    """GET /v1/message/{msgid}: state and ledger; an extension of ours."""

    permission_classes: list[type[BasePermission]] = [IsBusinessLine]  # DRF's way

    def get(self, request: Request, msgid: str) -> Response:
        known = Message.objects.filter(msgid=msgid, business_line=_line(request))
        message = known.first() if msgid.isprintable() else None  # PostgreSQL refuses NUL
        if message is None:
            raise Http404(_("There is no message “%(msgid)s”.") % {"msgid": msgid[:80]})
        counts = ledger(message)
        return Response(
            {
                "code": Code.OK,
                "message": "success",
                "msgid": message.msgid,
                "state": message.state,
                "ledger": {
                    "targets": counts.targets,
                    **{box: getattr(counts, box) for box in BOXES},
                },
            }
        )


def _line(request: Request) -> Any:
    caller = request.user
    assert isinstance(caller, Caller)  # noqa: S101  # the permission has made sure
    return caller.line
