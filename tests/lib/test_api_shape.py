"""Every failure of a REST call has one shape (protocol/ums.md 3.0, 8)."""

from typing import Any

import msgspec
import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from pytest_django.fixtures import Settings
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from ums.lib.api import decode_body, exception_handler
from ums.lib.errors import Code, DomainError


class Body(msgspec.Struct):
    userid: str


class EchoView(APIView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        raise RuntimeError

    def post(self, request: Request) -> Response:
        return Response({"userid": decode_body(request, Body).userid})


def post(content: bytes, content_type: str = "application/json") -> Any:
    request = RequestFactory().generic("POST", "/", content, content_type=content_type)
    return EchoView.as_view()(request)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json;charset=UTF-8", "text/html;charset=UTF-8", "x"],
)
def test_json_is_read_whatever_its_label(content_type: str) -> None:
    assert post('{"userid": "张三"}'.encode(), content_type).data == {"userid": "张三"}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert post(b'\xef\xbb\xbf{"userid": "u1"}').data == {"userid": "u1"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"<html>",
        b'{"userid": "\xff"}',
        b"\xff\xfe{\x00",
        b'{"x": ' + b"[" * 100_000,
    ],
)
def test_a_body_that_is_not_json_is_refused(content: bytes) -> None:
    response = post(content)

    assert (response.status_code, response.data["code"]) == (400, 4004)
    assert "not JSON in UTF-8" in response.data["message"]


@pytest.mark.parametrize("content", [b"null", b"[]", b"{}", b'{"userid": 1}'])
def test_a_body_of_another_form_is_refused_with_the_place(content: bytes) -> None:
    response = post(content)

    assert (response.status_code, response.data["code"]) == (400, 4004)
    assert "documented form" in response.data["message"]


def test_a_body_that_is_too_large_is_413(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20

    response = post(b'{"userid": "0123456789"}')

    assert response.status_code == 413
    assert response.data == {
        "code": 4004,
        "message": "The body is larger than the limit of 20 bytes.",
    }


def test_a_body_of_exactly_the_limit_is_read(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(b'{"userid": "0123"}')

    assert post(b'{"userid": "0123"}').status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "code", "message"),
    [
        (DomainError("Wrong."), 400, 4004, "Wrong."),
        (DomainError("Closed.", Code.LINE_CLOSED), 400, 1015005, "Closed."),
        (DomainError("Who?", Code.AUTHENTICATION_FAILED), 401, 4005, "Who?"),
        (DomainError("Oh.", Code.SERVER_ERROR), 500, 5000, "Oh."),
        (exceptions.AuthenticationFailed("No."), 401, 4005, "No."),
        (exceptions.PermissionDenied("Not you."), 403, 4005, "Not you."),
        (PermissionDenied("Not you."), 403, 4005, "Not you."),
        (PermissionDenied(), 403, 4005, "This key may not make this call."),
        (Http404("No such message."), 404, 4004, "No such message."),
        (Http404(), 404, 4004, "There is nothing at this address."),
        (exceptions.MethodNotAllowed("GET", "Not so."), 405, 4004, "Not so."),
        (exceptions.ParseError("Bad."), 400, 4004, "Bad."),
    ],
)
def test_every_failure_has_code_and_message(
    error: Exception, status: int, code: int, message: str
) -> None:
    response = exception_handler(error, {})

    assert response is not None
    assert (response.status_code, response.data) == (status, {"code": code, "message": message})


def test_a_failed_authentication_asks_for_basic() -> None:
    response = exception_handler(exceptions.NotAuthenticated(), {})

    assert response is not None
    assert response["WWW-Authenticate"] == 'Basic realm="UMS"'


def test_a_bug_surfaces() -> None:
    assert exception_handler(RuntimeError(), {}) is None

    with pytest.raises(RuntimeError):
        EchoView.as_view()(APIRequestFactory().get("/"))


def test_another_method_is_405_in_the_same_shape() -> None:
    response = EchoView.as_view()(APIRequestFactory().generic("PUT", "/"))

    assert (response.status_code, response.data["code"]) == (405, 4004)


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/xml;q=0.9", "nonsense"])
def test_the_answer_is_json_whatever_the_caller_accepts(accept: str) -> None:
    request = RequestFactory().post(
        "/?format=xml", b'{"userid": "u1"}', content_type="text/html", headers={"Accept": accept}
    )

    response = EchoView.as_view()(request)
    response.render()

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.content == b'{"userid":"u1"}'


def test_options_is_405_in_the_same_shape() -> None:
    response = EchoView.as_view()(APIRequestFactory().options("/"))

    assert (response.status_code, response.data["code"]) == (405, 4004)
