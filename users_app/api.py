"""The user API of protocol/ums.md 3.4 and 3.5."""

import logging
from collections.abc import Iterable, Sequence
from typing import cast

import msgspec
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.authentication import Caller, IsGlobalAccessKey
from ums.lib.api import decode_body
from ums.lib.errors import Code, DomainError
from ums.lib.openapi_schema import describe
from users_app.api_docs import USER_DELETE, USER_OPT
from users_app.bind_ids import bind_ids_for
from users_app.changes import RefusedError, checked_userid, fold
from users_app.folded import apply_folded
from users_app.items import FailedItem, read_items, read_userids
from users_app.shapes import MAX_USERS
from users_app.upload import delete_people

logger = logging.getLogger(__name__)


class UserView(APIView):
    """What both calls share: clients expect `data` in every answer (protocol/ums.md 3.4)."""

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        response.data["data"] = ""
        return response


@describe(post=USER_OPT)
class UserOptView(UserView):
    """protocol/ums.md 3.4"""

    def post(self, request: Request) -> Response:
        body = _within_limit(decode_body(request, list[msgspec.Raw]))
        line = cast("Caller", request.user).line
        items, failed = read_items(body, bind_ids_for(line))
        figures = apply_folded(list(fold(items)))
        logger.info(
            "user/opt line=%s items=%d failed=%d new=%d changed=%d",
            line and line.pk,
            len(body),
            len(failed),
            figures.new,
            figures.changed,
        )
        return _outcome((item.userid for item in items), failed)


@describe(post=USER_DELETE)
class UserDeleteView(UserView):
    """protocol/ums.md 3.5"""

    permission_classes = (IsGlobalAccessKey,)

    def post(self, request: Request) -> Response:
        body = _within_limit(decode_body(request, list[msgspec.Raw]))
        userids = dict.fromkeys(read_userids(body))
        failed = {userid: reason for userid in userids if (reason := _reason_against(userid))}
        found = delete_people([userid for userid in userids if userid not in failed])
        for userid in userids:
            if userid not in found:
                failed.setdefault(
                    userid, _("The user “%(userid)s” does not exist.") % {"userid": userid}
                )
        logger.info("user/delete items=%d deleted=%d", len(body), len(found))
        return _outcome(
            (userid for userid in userids if userid in found),
            [FailedItem(userid, failed[userid]) for userid in userids if userid in failed],
        )


def _within_limit(body: list[msgspec.Raw]) -> list[msgspec.Raw]:
    if not body:
        raise DomainError(_("The array is empty; it needs at least one user."))
    if len(body) > MAX_USERS:
        raise DomainError(
            _("The array has %(count)d users; at most %(limit)d are allowed in one request.")
            % {"count": len(body), "limit": MAX_USERS}
        )
    return body


def _reason_against(userid: str) -> str | None:
    try:
        checked_userid(userid)
    except RefusedError as refusal:
        return refusal.message
    return None


def _outcome(success: Iterable[str], failed: Sequence[FailedItem]) -> Response:
    """200 even where every user failed: `data.fail` says more than one message could."""
    return Response(
        {
            "code": int(Code.OK),
            "message": "success",
            "data": {
                "success": list(dict.fromkeys(success)),
                "fail": [
                    {
                        "userid": item.userid,
                        # A number would make the Go client fall back to raw text.
                        "errcode": str(int(Code.INVALID_PARAMETER)),
                        "errmsg": item.reason,
                    }
                    for item in failed
                ],
            },
        }
    )
