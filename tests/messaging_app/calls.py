"""Calls UMS's own REST API as a business line does."""

import base64
import json
from typing import Any

from django.test import Client

from channels_app.models import AccessKey, BusinessLine

APP: dict[str, Any] = {"msg_app": [{"platform": "all", "notification": {"alert": "Hi"}}]}
TO_U1: dict[str, Any] = {**APP, "aud_userid": ["u1"]}


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def header_of(caller: BusinessLine | AccessKey) -> str:
    key = caller.channel_key if isinstance(caller, BusinessLine) else caller.access_key
    return basic(key, caller.master_secret)


def post(
    caller: BusinessLine | AccessKey | str,
    path: str,
    body: Any,
    *,
    content_type: str = "application/json",
) -> Any:
    """The response; `body` is JSON unless it is bytes, `caller` may be a whole header."""
    return Client().post(
        path,
        body if isinstance(body, bytes) else json.dumps(body),
        content_type=content_type,
        headers={"Authorization": caller if isinstance(caller, str) else header_of(caller)},
    )


def get(caller: BusinessLine | AccessKey, path: str) -> Any:
    return Client().get(path, headers={"Authorization": header_of(caller)})
