"""A send call without UMS around it: decodes the body, stores the same rows, answers."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import django
import msgspec
from django.db import connection, transaction

from ums.lib.msgid import new_msgid

django.setup()
LIFE = timedelta(hours=22)


class Body(msgspec.Struct):
    aud_userid: list[str]
    msg_app: list[dict[str, Any]]


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """WSGI: whatever is asked for, but for `/health`, is a message to these userids."""
    if environ["PATH_INFO"] == "/health":
        answer: dict[str, object] = {}
    else:
        length = int(environ["CONTENT_LENGTH"])
        body = msgspec.json.decode(environ["wsgi.input"].read(length), type=Body)
        answer = {"code": 0, "message": "success", "msgid": _store(body)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [msgspec.json.encode(answer)]


def _store(body: Body) -> str:
    now = datetime.now(UTC)
    times = [connection.ops.adapt_datetimefield_value(moment) for moment in (now, now + LIFE)]
    msgid = new_msgid()
    audience = {
        "everyone": False,
        "userids": body.aud_userid,
        "tags": [],
        "segments": [],
        "registration_ids": [],
        "block_list": None,
        "allow_list": None,
    }
    content = body.msg_app[0]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_app_message (msgid, business_line_id, audience, content,"
            " summary, sendno, priority, broadcast, state, targets, no_device, reason, created_at,"
            " expires_at)"
            " SELECT %s, MIN(id), %s, %s, %s, '', 2, FALSE, 'expanding', 0, 0, '', %s, %s"
            " FROM channels_app_businessline RETURNING id",
            [
                msgid,
                msgspec.json.encode(audience).decode(),
                msgspec.json.encode(content).decode(),
                content["notification"]["alert"],
                *times,
            ],
        )
        (message_id,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO messaging_app_message_channels (message_id, channel_id)"
            " SELECT %s, id FROM channels_app_channel",
            [message_id],
        )
    return msgid
