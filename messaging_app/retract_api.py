"""POST /v1/retract/{msgid} (protocol/ums.md 3.3, 7)."""

from rest_framework.request import Request
from rest_framework.response import Response

from messaging_app.api import LineView, line_of, message_of
from messaging_app.api_docs.messages import RETRACT
from messaging_app.retraction import retract
from ums.lib.errors import Code, DomainError, NotFoundError
from ums.lib.openapi_schema import describe


@describe(post=RETRACT)
class RetractView(LineView):
    """POST /v1/retract/{msgid}: the body is not read, since real clients send junk (3.0)."""

    def post(self, request: Request, msgid: str) -> Response:
        try:
            message = message_of(line_of(request), msgid)
        except NotFoundError as exc:
            # Every failure of this call is 400 (3.3), where clients of the original expect it.
            raise DomainError(exc.message) from exc
        retract(message=message)
        return Response({"code": Code.OK, "message": "success"})
