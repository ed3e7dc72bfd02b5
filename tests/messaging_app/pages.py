"""Drives the pages for messages as a browser without scripts does."""

import html
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from channels_app.models import Channel
from messaging_app.models import Message

COMPOSE_URL = reverse("messages:compose")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
BOX = re.compile(r'data-box="(\w+)" data-count="(\d+)"')


def fields(channel: Channel, **changes: Any) -> dict[str, Any]:
    return {
        "channels": [channel.pk],
        "audience_kind": "everyone",
        "userids": "",
        "tags": "",
        "title": "Shipped",
        "text": "It comes\r\ntomorrow.",
        "extras": "order=12",
        "platforms": ["android", "ios", "hmos"],
        "intent": "",
        "hmos_category": "",
        "time_to_live": "86400",
        "environment": "production",
        **changes,
    }


def text_of(response: Any) -> str:
    return str(response.content.decode())


def review(client: Client, data: dict[str, Any]) -> Any:
    return client.post(COMPOSE_URL, {**data, "step": "review"})


def hidden(page: Any) -> dict[str, list[str]]:
    """What the review page would send back."""
    values: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(text_of(page)):
        values.setdefault(name, []).append(html.unescape(value))
    return values


def confirm(client: Client, page: Any, **changes: Any) -> Any:
    return client.post(COMPOSE_URL, {**hidden(page), "step": "send", **changes})


def get_report(client: Client, message: Message, **query: str) -> Any:
    return client.get(reverse("messages:report", args=(message.pk,)), query)


def boxes(page: Any) -> dict[str, int]:
    return {name: int(count) for name, count in BOX.findall(text_of(page))}


def userids(page: Any) -> list[str]:
    return [person.userid for person in page.context["people"]]
