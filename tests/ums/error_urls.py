"""Addresses that fail, for tests of ums.errors."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import path


def bad(request: HttpRequest) -> HttpResponse:
    raise BadRequest


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


urlpatterns = [
    path("v1/bad", bad),
    path("page/bad", bad),
    path("v1/broken", broken),
    path("page/broken", broken),
]

handler400 = "ums.errors.bad_request"
handler404 = "ums.errors.not_found"
handler500 = "ums.errors.server_error"
