"""Describes `POST /v1/template/sent` and `/v1/template/broadcast` (protocol/ums.md 3.2, 6)."""

import msgspec
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs import content
from messaging_app.api_docs.send_fields import (
    ANSWERS,
    AUDIENCE,
    FIELDS,
    IDEMPOTENCY_KEY,
    SENDING,
    Accepted,
)
from messaging_app.api_docs.send_refusals import (
    AUDIENCE_REFUSALS,
    BROADCAST_REFUSALS,
    LINE_REFUSALS,
    OPTION_REFUSALS,
)
from messaging_app.app_para import AppPara
from messaging_app.content import MAX_TTL_SECONDS
from messaging_app.template_request import TemplateRequest
from ums.lib.errors import Code
from ums.lib.json_schema import Fields, Note
from ums.lib.openapi import BODY_REFUSALS, Body, Call, Example, Refusal

TEMPLATE_ID = 10001  # the original's example
NO_CONTENT = Note(
    _("Not allowed beside a template, which has its own content: null, or leave it out."),
    {"type": "null"},
)
TEMPLATE_FIELDS: Fields = {
    **FIELDS,
    TemplateRequest: {
        **AUDIENCE,
        "template_id": Note(_("The id of a general template that was made in the console.")),
        "template_para": Note(
            _("A text or number for each {placeholder} of the template, by its name."),
            {"additionalProperties": {"type": ["string", "number"]}, "examples": [{"user": "xxx"}]},
        ),
        "app_para": Note(_("How the template goes to apps; needed.")),
        **{
            field.encode_name: NO_CONTENT
            for field in msgspec.structs.fields(TemplateRequest)
            if field.name.startswith("msg_")
        },
    },
    AppPara: {
        "platform": Note("", content.PLATFORM),
        "time_to_live": Note(
            _("Seconds that JPush keeps the message for an offline device; a day if absent."),
            {"minimum": 0, "maximum": MAX_TTL_SECONDS},
        ),
        "apns_production": Note(_("False for the development environment of iOS.")),
    },
}
BODY = {
    "template_id": TEMPLATE_ID,
    "template_para": {"user": "xxx", "url": "xxx"},
    "app_para": {"platform": "ios", "time_to_live": 9999, "apns_production": True},
    "option": {"sendno": "42"},
}
REFUSALS = (
    Refusal(400, Code.TEMPLATE_UNKNOWN, "There is no template %(id)d.", {"id": TEMPLATE_ID}),
    Refusal(
        400,
        Code.TEMPLATE_NOT_GENERAL,
        "Template %(id)d is not a general template; only those can be sent by API.",
        {"id": TEMPLATE_ID},
    ),
    Refusal(
        400,
        Code.TEMPLATE_INVALID,
        "Template %(id)d is disabled: enable it in the console.",
        {"id": TEMPLATE_ID},
    ),
    Refusal(
        400,
        Code.MSG_WITH_TEMPLATE,
        "%(field)s is not allowed beside a template, which has its own content.",
        {"field": "msg_app"},
    ),
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "template_para has no value for: %(names)s. The template needs each of them.",
        {"names": "user, url"},
    ),
    Refusal(
        400,
        Code.PLATFORM_MISSING,
        "app_para is missing: a template goes to App channels and needs app_para.platform.",
    ),
    content.PLATFORM_WRONG,
    content.SENSITIVE_WORD,
    *OPTION_REFUSALS,
    *LINE_REFUSALS,
)

TEMPLATE_SENT = Call(
    name="template_sent",
    group=SENDING,
    summary=_("Send a template to people"),
    description=_(
        "As `/v1/sent`, with the content of a general template and values for its placeholders. It"
        " goes through the channels of the template that this business line may use as well."
    ),
    keys=CHANNEL_KEY,
    parameters=(IDEMPOTENCY_KEY,),
    body=Body(
        TemplateRequest,
        (Example(_("To two people"), {"aud_userid": ["user1", "user2"], **BODY}),),
        refusals=BODY_REFUSALS,
    ),
    answer=Accepted,
    answers=ANSWERS,
    refusals=(*AUDIENCE_REFUSALS, *REFUSALS),
    fields=TEMPLATE_FIELDS,
)
TEMPLATE_BROADCAST = Call(
    name="template_broadcast",
    group=SENDING,
    summary=_("Send a template to everyone"),
    description=_("As `/v1/template/sent` without any `aud_…`, to everyone as `/v1/broadcast`."),
    keys=CHANNEL_KEY,
    parameters=(IDEMPOTENCY_KEY,),
    body=Body(TemplateRequest, (Example(_("To everyone"), BODY),), refusals=BODY_REFUSALS),
    answer=Accepted,
    answers=ANSWERS,
    refusals=(*BROADCAST_REFUSALS, *REFUSALS),
    fields=TEMPLATE_FIELDS,
)
