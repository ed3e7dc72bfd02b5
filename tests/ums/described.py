"""The calls of the API as their OpenAPI description has them, and a world to make them in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import translation

from channels_app.models import AccessKey, BusinessLine, Channel
from tests.messaging_app.calls import header_of
from ums.api_docs import description

with translation.override("en"):
    SCHEMA = description()
JSON = "application/json"


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
        contents = self.operation.get("requestBody", {}).get("content", {})
        return next(iter(contents.values()), None)

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
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def holder(self, call: Described) -> BusinessLine | AccessKey:
        """Whose key the call takes; the other's is refused, unless it takes both."""
        schemes = {name for scheme in call.operation["security"] for name in scheme}
        return self.line if "ChannelKey" in schemes else self.access_key

    def make(self, call: Described, body: Any = ..., **changes: Any) -> Any:
        """The answer to `call` with its first example, another `body`, or another header."""
        if body is ... and call.body:
            body = next(iter(call.requests().values()))
        path = call.path
        for parameter in call.operation.get("parameters", []):
            path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
        headers = {"Authorization": header_of(self.holder(call)), **changes}
        return self.client.generic(
            call.method.upper(),
            path,
            body if isinstance(body, bytes) else b"" if body is ... else json.dumps(body),
            content_type=JSON,
            headers={name: value for name, value in headers.items() if value is not None},
        )
