"""Describes `GET /v1/token` (protocol/ums.md 3.7)."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import CHANNEL_KEY
from messaging_app.api_docs.send_fields import SENDING
from ums.lib.errors import Code
from ums.lib.openapi import Call, Parameter, Refusal


def token(missing_channel: Mapping[str, Code]) -> Call:
    """`missing_channel`: the kinds of channel, and the code that says that there is none."""
    return Call(
        name="token",
        group=SENDING,
        summary=_("Ask for the token of a channel"),
        description=_(
            "In the original this gives the access token of a WeChat, DingTalk or WeCom channel."
            " App channels have none, and this server has no others: every call is refused, with"
            " the code of the kind that is missing."
        ),
        keys=CHANNEL_KEY,
        parameters=(
            Parameter(
                name="type",
                place="query",
                text=_("The kind of channel."),
                schema={"type": "string", "enum": [*missing_channel]},
                example="wechatoa",
                required=True,
            ),
        ),
        refusals=(
            Refusal(
                400,
                Code.INVALID_PARAMETER,
                "type is “%(type)s”; it must be one of %(known)s.",
                {"type": "app", "known": ", ".join(missing_channel)},
            ),
            *(
                Refusal(
                    400,
                    code,
                    "There is no token for “%(type)s”: this business line has App channels only.",
                    {"type": kind},
                )
                for kind, code in missing_channel.items()
            ),
        ),
    )
