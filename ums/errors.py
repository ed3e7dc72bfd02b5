"""Answers that no view gives: the API's error shape below /v1/, pages elsewhere."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

from ums.lib.api import error_body
from ums.lib.errors import Code

API_PREFIX = "/v1/"


def _is_api(request: HttpRequest) -> bool:
    """Also `/v1` and `//v1/sent`, which a client puts together wrongly."""
    return f"/{request.path.strip('/')}/".startswith(API_PREFIX)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        message = _("The request could not be read.")
        return JsonResponse(error_body(Code.INVALID_PARAMETER, message), status=400)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        message = _("There is no call “%(path)s”.") % {"path": request.path}
        return JsonResponse(error_body(Code.INVALID_PARAMETER, message), status=404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_api(request):
        message = _("The server failed. The fault is logged; please tell the administrator.")
        return JsonResponse(error_body(Code.SERVER_ERROR, message), status=500)
    return defaults.server_error(request)
