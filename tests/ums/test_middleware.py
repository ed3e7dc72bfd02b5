"""Times are shown in the operator's own zone."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from ums.middleware import COOKIE, OperatorTimeZoneMiddleware


def zone_inside(cookie: str | None) -> str:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(timezone.get_current_timezone_name())

    request = RequestFactory().get("/")
    if cookie is not None:
        request.COOKIES[COOKIE] = cookie
    return OperatorTimeZoneMiddleware(view)(request).content.decode()


def test_the_browser_s_zone_is_used_during_the_request_only() -> None:
    assert zone_inside("America/New_York") == "America/New_York"
    assert timezone.get_current_timezone_name() == timezone.get_default_timezone_name()


@pytest.mark.parametrize(
    "cookie", [None, "", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b", "é"]
)
def test_nonsense_means_the_zone_of_the_installation(cookie: str | None) -> None:
    assert zone_inside(cookie) == timezone.get_default_timezone_name()
