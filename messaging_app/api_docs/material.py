"""Describes `POST /v1/material` (protocol/ums.md 3.6)."""

from typing import Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs.send_fields import SENDING
from messaging_app.material import DEFAULT_HOURS, MAX_BYTES
from ums.lib.errors import Code
from ums.lib.json_schema import Fields, Note
from ums.lib.openapi import Body, Call, Example, Refusal

FORM = "multipart/form-data"
URL = "https://ums.example.com/v1/material/2s4l1Z0gQe0Yb6Rk9tqX8w"


class MaterialForm(msgspec.Struct):
    """The parts of the form."""

    type: Literal["attachment"]
    file: str
    time_to_live: int = DEFAULT_HOURS


class MaterialStored(msgspec.Struct):
    """The answer to a file that is stored."""

    code: Literal[0]
    message: Literal["success"]
    url: str


FIELDS: Fields = {
    MaterialForm: {
        "file": Note(_("Exactly one file, of up to 20 MB."), {"format": "binary"}),
        "time_to_live": Note(
            _("Hours that the file is kept; more than 168 are taken as 168."), {"minimum": 1}
        ),
    },
    MaterialStored: {
        "url": Note(_("Names the file in a message; nothing can be downloaded there."))
    },
}

MATERIAL = Call(
    name="material",
    group=SENDING,
    summary=_("Upload a file for a later message"),
    description=_(
        "Stores one file, as the original does for the attachments of emails. This server sends no"
        " emails: the call is there for clients that make it."
    ),
    keys=CHANNEL_KEY,
    body=Body(
        MaterialForm,
        (
            Example(
                _("A file for one day"),
                {"type": "attachment", "file": "%PDF-1.7 …", "time_to_live": DEFAULT_HOURS},
            ),
        ),
        media_type=FORM,
        refusals=(
            Refusal(
                400,
                Code.INVALID_PARAMETER,
                "The body cannot be read as multipart/form-data: %(reason)s.",
                {"reason": "Invalid Content-Type: application/json"},
            ),
            Refusal(
                413,
                Code.INVALID_PARAMETER,
                "The file is larger than the limit of %(limit)d MB.",
                {"limit": MAX_BYTES >> 20},
            ),
        ),
    ),
    answer=MaterialStored,
    answers=(Example(_("The file is stored"), {"code": 0, "message": "success", "url": URL}),),
    refusals=(
        Refusal(
            400,
            Code.INVALID_PARAMETER,
            "The part “type” is “%(type)s”; it must be “attachment”.",
            {"type": "image"},
        ),
        Refusal(
            400,
            Code.INVALID_PARAMETER,
            "The part “file” is missing: exactly one file with its name.",
        ),
        Refusal(
            400,
            Code.INVALID_PARAMETER,
            "time_to_live is %(hours)d; a file is kept for at least 1 hour.",
            {"hours": 0},
        ),
    ),
    fields=FIELDS,
)
