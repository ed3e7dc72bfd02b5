"""A plain browser for scripts: cookies, forms and uploads over HTTP, nothing else."""

import base64
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin

from ums.local.forms import Form, forms_of

TIMEOUT_SECONDS = 60


class Page:
    """The answer to a request, after redirects."""

    def __init__(self, url: str, status: int, body: bytes) -> None:
        self.url = url
        self.status = status
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    def form(self, *, field: str) -> Form:
        """The form that has this field; LookupError if the page has none."""
        for form in forms_of(self.text):
            if field in form.fields or field in form.choices or field in form.buttons:
                return form
        raise LookupError(f"{self.url} has no form with a field “{field}”.")


class Browser:
    def __init__(self, base_url: str) -> None:
        self._base = base_url
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def get(self, path: str) -> Page:
        url = urljoin(self._base, path)
        return self._open(urllib.request.Request(url))  # noqa: S310  # our own address

    def submit(self, page: Page, form: Form, changes: Mapping[str, str | list[str]]) -> Page:
        """POST `form` of `page` with what it holds, but for `changes`."""
        data = urlencode({**form.fields, **changes}, doseq=True).encode()
        address = urljoin(page.url, form.action)
        return self._open(self._post(address, data, "application/x-www-form-urlencoded"))

    def upload(self, page: Page, form: Form, file_field: str, name: str, content: bytes) -> Page:
        """POST `form` of `page` with a file, as multipart/form-data."""
        edge = secrets.token_hex(16).encode()
        parts = [
            b'form-data; name="%s"\r\n\r\n%s' % (field.encode(), value.encode())
            for field, values in form.fields.items()
            for value in values
        ]
        parts.append(
            b'form-data; name="%s"; filename="%s"\r\n' % (file_field.encode(), name.encode())
            + b"Content-Type: application/octet-stream\r\n\r\n"
            + content
        )
        head = b"--%s\r\nContent-Disposition: " % edge
        body = b"".join(head + part + b"\r\n" for part in parts) + b"--%s--\r\n" % edge
        address = urljoin(page.url, form.action)
        return self._open(
            self._post(address, body, f"multipart/form-data; boundary={edge.decode()}")
        )

    def _post(self, url: str, body: bytes, content_type: str) -> urllib.request.Request:
        headers = {"Content-Type": content_type, "Referer": url}
        return urllib.request.Request(url, body, headers)  # noqa: S310  # our own address

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                page = Page(answer.url, answer.status, answer.read())
        except urllib.error.HTTPError as answer:
            page = Page(answer.url or "", answer.code, answer.read())
            answer.close()
        return page


def call_api(
    url: str, credentials: tuple[str, str] | None = None, body: bytes | None = None
) -> tuple[int, Any]:
    """One REST call: GET, or POST with a body; its status and its JSON."""
    headers = {"Content-Type": "application/json"}
    if credentials:
        pair = base64.b64encode(":".join(credentials).encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    request = urllib.request.Request(url, body, headers)  # noqa: S310  # our own address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, json.loads(answer.read() or b"null")
