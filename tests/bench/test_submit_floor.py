"""The floor of submit stores what the product stores, or comparing them says nothing."""

import io
import json
from typing import Any

import pytest
from django.test import Client

from bench.benchmarks.submit import USERIDS, body
from bench.floors.submit import application
from bench.instance import basic_headers
from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message

pytestmark = pytest.mark.django_db


def call_ours(line: BusinessLine, client: Client) -> Any:
    answer = client.post(
        "/v1/sent",
        body(),
        content_type="application/json",
        headers=basic_headers(line.channel_key, line.master_secret),
    )
    return answer.json()


def call_floor() -> Any:
    status = []
    content = body()
    environ = {
        "PATH_INFO": "/v1/sent",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
    }
    (answer,) = application(environ, lambda *given: status.append(given[0]))  # type: ignore[arg-type]  # a short start_response
    assert status == ["200 OK"]
    return json.loads(answer)


def test_both_store_and_answer_the_same(
    business_line: BusinessLine, channel: Channel, client: Client
) -> None:
    answers = [call_ours(business_line, client), call_floor()]

    ours, floor = Message.objects.order_by("pk")
    assert answers == [
        {"code": 0, "message": "success", "msgid": message.msgid} for message in (ours, floor)
    ]
    assert [list(message.channels.all()) for message in (ours, floor)] == [[channel], [channel]]
    hidden = {"id", "msgid", "created_at", "expires_at"}
    stored: list[dict[str, Any]] = [
        {key: value for key, value in row.items() if key not in hidden}
        for row in Message.objects.order_by("pk").values()
    ]
    assert stored[0] == stored[1]
    assert len(stored[0]["audience"]["userids"]) == USERIDS
    assert ours.expires_at > ours.created_at
    assert floor.expires_at > floor.created_at
