"""Multipart bodies as clients build them, good and bad."""

from dataclasses import dataclass
from typing import Any

from django.test import Client, RequestFactory

from channels_app.models import AccessKey, BusinessLine
from tests.messaging_app.calls import header_of

URL = "/v1/material"
BOUNDARY = "b0und4ry"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Part:
    """A field, or a file if it has a file name."""

    name: str
    content: bytes | str
    file_name: str | None = None

    def encoded(self) -> bytes:
        label = f'form-data; name="{self.name}"'
        if self.file_name is not None:
            label += f'; filename="{self.file_name}"\r\nContent-Type: application/octet-stream'
        content = self.content if isinstance(self.content, bytes) else self.content.encode()
        return f"Content-Disposition: {label}\r\n\r\n".encode() + content


ATTACHMENT = Part("type", "attachment")
FILE = Part("file", b"%PDF-1.7", "report.pdf")


def body(*parts: Part, closed: bool = True) -> bytes:
    """`parts` as a body; without `closed` as a Go client sends them that never ends its writer."""
    opening = f"--{BOUNDARY}\r\n".encode()
    joined = b"\r\n".join(opening + part.encoded() for part in parts)
    return joined + f"\r\n--{BOUNDARY}--\r\n".encode() if closed else joined


def upload(
    caller: BusinessLine | AccessKey, *parts: Part, closed: bool = True, label: str = CONTENT_TYPE
) -> Any:
    return Client().generic(
        "POST",
        URL,
        body(*parts, closed=closed),
        content_type=label,
        headers={"Authorization": header_of(caller)},
    )


def as_request(line: BusinessLine, content: bytes) -> Any:
    return RequestFactory().post(
        URL, content, content_type=CONTENT_TYPE, headers={"Authorization": header_of(line)}
    )
