"""The calls of the API as their OpenAPI description has them, and a world to make them in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone, translation

from channels_app.models import AccessKey, BusinessLine, Channel
from messaging_app.api_docs.send_fields import MSGID
from messaging_app.models import IdempotencyKey, Material, Message
from tests.messaging_app.calls import header_of
from tests.messaging_app.forms import CONTENT_TYPE, Part
from tests.messaging_app.forms import body as form
from ums.api_docs import description
from users_app.models import EndUser

with translation.override("en"):
    SCHEMA = description()
JSON, FORM = "application/json", "multipart/form-data"


@dataclass(frozen=True)
class Described:
    """One call: where it is, and what is said about it."""

    path: str
    method: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def body(self) -> dict[str, Any] | None:
        """The media type object of the request body."""
        content: dict[str, Any] = self.operation.get("requestBody", {}).get("content", {})
        return content.get(self.media_type)

    @property
    def media_type(self) -> str:
        """Of the request body."""
        return str(next(iter(self.operation.get("requestBody", {}).get("content", {JSON: {}}))))

    def requests(self) -> dict[str, Any]:
        """Example bodies by name."""
        examples = self.body["examples"] if self.body else {}
        return {name: example["value"] for name, example in examples.items()}

    def answers(self, status: str) -> dict[str, Any]:
        """Example bodies of answers by name."""
        examples = self.operation["responses"][status]["content"][JSON]["examples"]
        return {name: example["value"] for name, example in examples.items()}

    def failures(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Status, name and body of each failure that is shown."""
        for status in self.operation["responses"]:
            if status != "200":
                for name, value in self.answers(status).items():
                    yield int(status), name, value

    def __str__(self) -> str:
        return self.name


CALLS = [
    Described(path, method, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]


@dataclass
class World:
    """A business line with the channel of the examples, and a caller of its API."""

    channel: Channel
    line: BusinessLine
    access_key: AccessKey
    before: tuple[int, ...] = ()  # what was stored before the call that is looked at
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def holder(self, call: Described) -> BusinessLine | AccessKey:
        """Whose key the call takes; the other's is refused, unless it takes both."""
        schemes = {name for scheme in call.operation["security"] for name in scheme}
        return self.line if "ChannelKey" in schemes else self.access_key

    def known_message(self, state: Message.State = Message.State.EXPANDING) -> None:
        """The message that the examples name."""
        expires_at = timezone.now() + timedelta(hours=1)
        Message(
            business_line=self.line,
            msgid=MSGID,
            audience={},
            content={},
            state=state,
            expires_at=expires_at,
        ).save()

    def make(
        self,
        call: Described,
        body: Any = ...,
        *,
        label: str = "",
        query: dict[str, str] | None = None,
        **changes: Any,
    ) -> Any:
        """The answer to `call` with its first example, another `body`, or other headers.

        `label` is the Content-Type, if it is to be a wrong one.
        """
        if body is ... and call.body:
            body = next(iter(call.requests().values()))
        headers = {"Authorization": header_of(self.holder(call)), **changes}
        return self.client.generic(
            call.method.upper(),
            address(call, **(query or {})),
            b"" if body is ... else _encoded(call, body),
            content_type=label or (CONTENT_TYPE if call.media_type == FORM else JSON),
            headers={name: value for name, value in headers.items() if value is not None},
        )


def stored() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Message, EndUser, Material, IdempotencyKey))


def address(call: Described, **changes: str) -> str:
    """Path and query with the examples of the call's parameters, or with others."""
    path, query = call.path, {}
    for parameter in call.operation["parameters"]:
        value = changes.get(parameter["name"], str(parameter["example"]))
        if parameter["in"] == "query":
            query[parameter["name"]] = value
        path = path.replace(f"{{{parameter['name']}}}", value)
    return f"{path}?{urlencode(query)}" if query else path


def _encoded(call: Described, body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if call.media_type != FORM:
        return json.dumps(body).encode()
    return form(
        *(
            Part(name, str(value), "report.pdf" if name == "file" else None)
            for name, value in body.items()
        )
    )
