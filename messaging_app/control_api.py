"""POST /v1/message/{msgid}/pause, /resume, /cancel: extensions of ours, as GET /v1/message is."""

from rest_framework.request import Request
from rest_framework.response import Response

from messaging_app import control
from messaging_app.api import LineView, line_of, message_of
from messaging_app.api_docs.control import CANCEL, PAUSE, RESUME
from messaging_app.models import Message
from ums.lib.errors import Code
from ums.lib.openapi_schema import describe


class _ControlView(LineView):
    """The body is not read, as with a retraction."""

    def post(self, request: Request, msgid: str) -> Response:
        self.control(message_of(line_of(request), msgid))
        return Response({"code": Code.OK, "message": "success"})

    def control(self, message: Message) -> None:
        raise NotImplementedError


@describe(post=PAUSE)
class PauseView(_ControlView):
    """POST /v1/message/{msgid}/pause"""

    def control(self, message: Message) -> None:
        control.pause(message=message)


@describe(post=RESUME)
class ResumeView(_ControlView):
    """POST /v1/message/{msgid}/resume"""

    def control(self, message: Message) -> None:
        control.resume(message=message)


@describe(post=CANCEL)
class CancelView(_ControlView):
    """POST /v1/message/{msgid}/cancel"""

    def control(self, message: Message) -> None:
        control.cancel(message=message)
