"""HTTP Basic authentication of API calls (protocol/ums.md 2)."""

import base64
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from channels_app.authentication import Caller, IsBusinessLine, IsGlobalAccessKey
from channels_app.models import AccessKey, BusinessLine


class WhoView(APIView):
    def get(self, request: Request) -> Response:
        caller = request.user
        assert isinstance(caller, Caller)
        return Response({"line": caller.line.name if caller.line else None})


class LineView(WhoView):
    permission_classes = (IsBusinessLine,)


class GlobalView(WhoView):
    permission_classes = (IsGlobalAccessKey,)


def call(header: str | None, view: type[APIView] = WhoView) -> Any:
    request = APIRequestFactory().get("/")
    if header is not None:
        request.META["HTTP_AUTHORIZATION"] = header
    return view.as_view()(request)


def basic(key: str, secret: str, scheme: str = "Basic") -> str:
    return f"{scheme} {base64.b64encode(f'{key}:{secret}'.encode()).decode()}"


def of_line(line: BusinessLine) -> str:
    return basic(line.channel_key, line.master_secret)


def of_access(holder: AccessKey) -> str:
    return basic(holder.access_key, holder.master_secret)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_business_line_signs_in_with_its_channel_key(
    business_line: BusinessLine, scheme: str
) -> None:
    header = basic(business_line.channel_key, business_line.master_secret, scheme)

    assert call(header).data == {"line": "Shop"}


def test_an_access_key_signs_in_without_a_line(access_key: AccessKey) -> None:
    assert call(of_access(access_key)).data == {"line": None}


def test_a_wrong_secret_or_an_unknown_key_is_401(
    business_line: BusinessLine, access_key: AccessKey
) -> None:
    for header in (
        basic(business_line.channel_key, access_key.master_secret),
        basic(business_line.channel_key, ""),
        basic(access_key.access_key, business_line.master_secret),
        basic("unknown", "-"),
        basic("", "-"),
        basic("a\0b", "-"),
        basic("密钥", "密钥"),
    ):
        response = call(header)

        assert (response.status_code, response.data["code"]) == (401, 4005)
        assert "is wrong" in response.data["message"]
        assert response["WWW-Authenticate"] == 'Basic realm="UMS"'


@pytest.mark.parametrize(
    "header",
    [None, "", "Basic", "Basic ", "Basic ???", "Basic /w==", "Bearer abc", "Basic é", "Basic YQ"],
)
def test_a_malformed_header_is_401_and_says_what_is_right(db: None, header: str | None) -> None:
    response = call(header)

    assert (response.status_code, response.data["code"]) == (401, 4005)
    assert "Master Secret" in response.data["message"]


def test_a_closed_line_is_told_so(business_line: BusinessLine) -> None:
    business_line.enabled = False
    business_line.save()

    response = call(of_line(business_line))

    assert response.status_code == 400
    assert response.data == {"code": 1015005, "message": "The business line “Shop” is closed."}


def test_a_closed_line_is_not_revealed_to_strangers(business_line: BusinessLine) -> None:
    business_line.enabled = False
    business_line.save()

    assert call(basic(business_line.channel_key, "guess")).status_code == 401


def test_a_closed_access_key_is_401(access_key: AccessKey) -> None:
    access_key.enabled = False
    access_key.save()

    assert call(of_access(access_key)).status_code == 401


def test_sending_is_for_business_lines(business_line: BusinessLine, access_key: AccessKey) -> None:
    assert call(of_line(business_line), LineView).status_code == 200

    response = call(of_access(access_key), LineView)

    assert (response.status_code, response.data["code"]) == (403, 4005)
    assert "needs a ChannelKey" in response.data["message"]


def test_deleting_is_for_global_access_keys(
    business_line: BusinessLine, access_key: AccessKey
) -> None:
    assert call(of_access(access_key), GlobalView).status_code == 200

    response = call(of_line(business_line), GlobalView)

    assert (response.status_code, response.data["code"]) == (403, 4005)
    assert "needs a global AccessKey" in response.data["message"]
