"""The documentation of the REST API: its OpenAPI description, and a page to browse it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ums.lib.errors import Code

CODES = {
    Code.OK: gettext_lazy("Success."),
    Code.INVALID_PARAMETER: gettext_lazy(
        "A parameter is invalid; the message names value and rule."
    ),
    Code.AUTHENTICATION_FAILED: gettext_lazy(
        "The credentials are wrong, or the key may not make this call."
    ),
    Code.SERVER_ERROR: gettext_lazy("The server failed."),
    Code.TOO_MANY_USERIDS: gettext_lazy("More than 1,000 userids in one message."),
    Code.LINE_CLOSED: gettext_lazy("The business line is closed."),
    Code.NO_APP_CHANNEL: gettext_lazy("There is no enabled App channel to send through."),
    Code.NO_SMS_CHANNEL: gettext_lazy("The business line has no SMS channel."),
    Code.NO_WECHATOA_CHANNEL: gettext_lazy("The business line has no WeChat OA channel."),
    Code.NO_WECHATMP_CHANNEL: gettext_lazy("The business line has no mini program channel."),
    Code.NO_EMAIL_CHANNEL: gettext_lazy("The business line has no email channel."),
    Code.NO_ALIPAY_CHANNEL: gettext_lazy("The business line has no Alipay channel."),
    Code.NO_DINGTALK_CHANNEL: gettext_lazy("The business line has no DingTalk channel."),
    Code.OWNER_NEEDED: gettext_lazy("Messages need approval, and option.owner names no operator."),
    Code.RULE_INVALID: gettext_lazy("There is no such sending rule."),
    Code.BROADCASTS_USED_UP: gettext_lazy("The broadcasts of today are used up."),
    Code.TOO_MANY_CALLS: gettext_lazy("The calls of this minute are used up."),
    Code.TEMPLATE_UNKNOWN: gettext_lazy("There is no such template."),
    Code.TEMPLATE_NOT_GENERAL: gettext_lazy("The template is not a general one."),
    Code.SENSITIVE_WORD: gettext_lazy("The content holds a sensitive word."),
    Code.QUIET_HOURS: gettext_lazy("The business line has quiet hours now."),
    Code.LIST_UNKNOWN: gettext_lazy("There is no such block or allow list."),
    Code.ALREADY_RETRACTED: gettext_lazy("The message is already retracted."),
    Code.TEMPLATE_INVALID: gettext_lazy("The template is disabled."),
    Code.PLATFORM_MISSING: gettext_lazy("The platform is missing."),
    Code.PLATFORM_WRONG: gettext_lazy("The platform is wrong."),
    Code.MSG_WITH_TEMPLATE: gettext_lazy("A template message has a msg_… of its own."),
    Code.TWO_LISTS: gettext_lazy("A block list and an allow list at once."),
}


@extend_schema(exclude=True)
class SchemaView(APIView):
    """`/api/schema`, in the language of the browser or of `?lang=`.

    JSON, or YAML for who asks for it by `Accept` or `?format=yaml`. Public: no secret is in it.
    """

    authentication_classes: list[type[BaseAuthentication]] = []  # DRF's way
    permission_classes: list[type[BasePermission]] = [AllowAny]  # as above
    renderer_classes = (OpenApiJsonRenderer2, OpenApiYamlRenderer)
    content_negotiation_class = DefaultContentNegotiation

    def get(self, request: Request) -> Response:
        with translation.override(_language(request.query_params.get("lang"))):
            return Response(description())


def page(request: HttpRequest) -> HttpResponse:
    """`/api/docs`: public, and without a script or style of anybody else's server."""
    language = _language(request.GET.get("lang"))
    with translation.override(language):
        context = {
            "schema_url": f"{reverse('api_schema')}?lang={language}",
            "languages": settings.LANGUAGES,
            "language": language,
        }
        return render(request, "ums/api_docs.html", context)


def description() -> dict[str, Any]:
    """The whole description, in the language that is active."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return schema


def introduce(result: dict[str, Any], **_others: Any) -> dict[str, Any]:
    """The words above all calls; a hook of the generator."""
    return {**result, "info": {**result["info"], "description": _introduction()}}


def _introduction() -> str:
    rows = [(_("Code"), _("Meaning")), ("---", "---"), *((int(c), t) for c, t in CODES.items())]
    codes = "\n".join(f"| {code} | {text} |" for code, text in rows)
    return "\n\n".join(
        (
            _(
                "Wire-compatible with Jiguang UMS v1: a client that was written for it changes its"
                " host. Bodies are JSON in UTF-8, whatever the `Content-Type` says, and have at"
                " most 8 MB."
            ),
            _(
                "Every answer is a JSON object with `code` (0 is success) and `message`, also for"
                " an address that does not exist (404) and a method that it does not have (405)."
                " Texts follow `Accept-Language`: Chinese or English."
            ),
            _(
                "A call that is answered with another status than 200 has changed nothing. After"
                " 429 and 500 it can be repeated; a repeated message is sent once where both calls"
                " have the same `Idempotency-Key`."
            ),
            codes,
        )
    )


def _language(asked: str | None) -> str:
    known = dict(settings.LANGUAGES)
    return asked if asked in known else translation.get_language() or settings.LANGUAGE_CODE
