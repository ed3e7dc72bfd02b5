"""The send API: plain and template messages, and our own look at one (protocol/ums.md 3.1, 3.2)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.authentication import Caller, IsBusinessLine
from channels_app.models import BusinessLine, Channel
from messaging_app import idempotency, templates
from messaging_app.api_docs.messages import MESSAGE
from messaging_app.api_docs.send import BROADCAST, SENT
from messaging_app.api_docs.templates import TEMPLATE_BROADCAST, TEMPLATE_SENT
from messaging_app.audience import Audience
from messaging_app.idempotency import Repetition
from messaging_app.ledger import BOXES, ledger
from messaging_app.models import Message
from messaging_app.retraction import figures
from messaging_app.send_options import Option, read_options
from messaging_app.send_request import AudienceRequest, SendRequest
from messaging_app.submission import submit
from messaging_app.template_request import TemplateRequest
from ums.lib.api import body_of, decode_body
from ums.lib.errors import Code, NotFoundError
from ums.lib.openapi_schema import describe


class LineView(APIView):
    """A call of business lines only."""

    permission_classes: list[type[BasePermission]] = [IsBusinessLine]  # DRF's way


class _SendView(LineView):
    """What the four send calls share; `shape` is that of the body, `to_everyone` of a broadcast."""

    shape: type[AudienceRequest]
    to_everyone: bool

    def post(self, request: Request) -> Response:
        body = decode_body(request, self.shape)
        line = line_of(request)
        call = idempotency.repetition(
            key=request.headers.get("Idempotency-Key"),
            path=request.path,
            body=body_of(request),
        )
        message = idempotency.first_message(line, call) if call else None
        return _accepted(message or self.submit(line, body, call), body)

    def submit(self, line: BusinessLine, body: Any, call: Repetition | None) -> Message:
        body.check()
        content, channels = self.content(line, body)
        return submit(
            audience=self.audience(body),
            content=content,
            channels=channels,
            options=read_options(body.option or Option(), line),
            line=line,
            call=call,
        )

    def audience(self, body: AudienceRequest) -> Audience:
        return body.everyone() if self.to_everyone else body.audience()

    def content(self, line: BusinessLine, body: Any) -> tuple[dict[str, Any], Sequence[Channel]]:
        """The push object, and the enabled channels that it goes through."""
        raise NotImplementedError


class _PlainView(_SendView):
    shape = SendRequest

    def content(
        self, line: BusinessLine, body: SendRequest
    ) -> tuple[dict[str, Any], Sequence[Channel]]:
        return body.content(), list(line.channels.enabled())


class _TemplateView(_SendView):
    shape = TemplateRequest

    def content(
        self, line: BusinessLine, body: TemplateRequest
    ) -> tuple[dict[str, Any], Sequence[Channel]]:
        template = templates.find(body.template_id)
        push = templates.content(
            template=template, para=body.template_para or {}, app_para=body.app_para
        )
        # The senders are fixed in the template (protocol/ums.md 6); the line must have them too.
        return push, list(template.channels.enabled().filter(business_lines=line))


@describe(post=SENT)
class SentView(_PlainView):
    """POST /v1/sent (protocol/ums.md 3.1)."""

    to_everyone = False


@describe(post=BROADCAST)
class BroadcastView(_PlainView):
    """POST /v1/broadcast (protocol/ums.md 3.1)."""

    to_everyone = True


@describe(post=TEMPLATE_SENT)
class TemplateSentView(_TemplateView):
    """POST /v1/template/sent (protocol/ums.md 3.2)."""

    to_everyone = False


@describe(post=TEMPLATE_BROADCAST)
class TemplateBroadcastView(_TemplateView):
    """POST /v1/template/broadcast (protocol/ums.md 3.2)."""

    to_everyone = True


@describe(get=MESSAGE)
class MessageView(LineView):
    """GET /v1/message/{msgid}: state and ledger; an extension of ours."""

    def get(self, request: Request, msgid: str) -> Response:
        message = message_of(line_of(request), msgid)
        counts = ledger(message)
        retraction = figures(message)
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
                **({"retraction": asdict(retraction)} if retraction else {}),
            }
        )


def message_of(line: BusinessLine, msgid: str) -> Message:
    """The line's own message; NotFoundError for another line's as for none."""
    known = Message.objects.filter(msgid=msgid, business_line=line)
    message = known.first() if msgid.isprintable() else None  # PostgreSQL refuses NUL
    if message is None:
        raise NotFoundError(_("There is no message “%(msgid)s”.") % {"msgid": msgid[:80]})
    return message


def _accepted(message: Message, body: AudienceRequest) -> Response:
    answer: dict[str, Any] = {"code": Code.OK, "message": "success", "msgid": message.msgid}
    if body.option is not None and body.option.sendno is not None:
        answer["sendno"] = message.sendno
    return Response(answer)


def line_of(request: Request) -> BusinessLine:
    """The business line that calls a LineView."""
    caller = request.user
    assert isinstance(caller, Caller)  # noqa: S101  # the permission has made sure
    assert caller.line is not None  # noqa: S101  # likewise
    return caller.line
