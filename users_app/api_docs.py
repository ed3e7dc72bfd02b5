"""Describes the user API: `POST /v1/user/opt` and `/v1/user/delete` (protocol/ums.md 3.4, 3.5)."""

from typing import Annotated, Any, Literal

import msgspec
from django.utils.translation import gettext_lazy as _

from channels_app.api_docs import ACCESS_KEY, EITHER_KEY
from ums.lib.errors import Code
from ums.lib.json_schema import Fields, Note
from ums.lib.openapi import BODY_REFUSALS, Body, Call, Example, Failure, Refusal, said
from users_app.shapes import MAX_USERS, UserFields, UserItem

USERS = _("Users")


class FailedUser(msgspec.Struct):
    """One person about whom nothing was changed, and why."""

    userid: str
    errcode: str
    errmsg: str


class Outcome(msgspec.Struct):
    """Who was done, and who was not."""

    success: list[str]
    fail: list[FailedUser]


class UserAnswer(msgspec.Struct):
    """The answer to a readable list: 200 even where every item of it has failed."""

    code: Literal[0]
    message: Literal["success"]
    data: Outcome


class UserFailure(Failure):
    """The answer to a list that was refused as a whole."""

    data: Literal[""]


OF_LINE = _("One value by `all` or a ChannelKey.")
OF_CHANNEL = _("One id by channel code.")
OF_ALL = _("One id, or the same by `all`.")
KINDS = {
    "app": Note(
        _("registrationIDs by channel code."),
        {"examples": [{"app123": ["1104a89792bbb69299a", "191e35f7e0fb16c7d45"]}]},
    ),
    "tag": Note(
        _("Tags by `all` or a ChannelKey; a tag has at most 40 bytes."),
        {"examples": [{"all": ["vip"]}]},
    ),
    **dict.fromkeys(("phone", "email"), Note(OF_LINE)),
    **dict.fromkeys(("wechatoa", "wechatmp", "alipaylife"), Note(OF_CHANNEL)),
    **dict.fromkeys(("dingtalkcc", "wechatwk"), Note(OF_ALL)),
    "wechatwk_linkedcorp": Note(_("Ids such as `CorpId1/userid1`, or the same by `all`.")),
}
FIELDS: Fields = {
    UserFields: KINDS,
    UserItem: {
        **KINDS,
        "userid": Note(
            _("1 to 64 letters, digits and @!#$&*+=.|_-￥; a number is taken as its digits."),
            {"examples": ["zhangsan"]},
        ),
        "set": Note(
            _("Replaces what is bound under the named bind_ids. Fields beside it count as `set`.")
        ),
        "add": Note(_("Adds to it.")),
        "del": Note(_("Takes the named values away.")),
    },
    FailedUser: {"errcode": Note(_("A business code, as text."), {"examples": ["4004"]})},
    UserFailure: {"data": Note(_("Always empty: nothing was done."))},
}

ANSWERS = (
    Example(
        _("All were done"),
        {"code": 0, "message": "success", "data": {"success": ["zhangsan"], "fail": []}},
    ),
)
PARTLY = Example(
    _("Some were not: the others are stored"),
    {
        "code": 0,
        "message": "success",
        "data": {
            "success": ["u1"],
            "fail": [
                {
                    "userid": "",
                    "errcode": "4004",
                    "errmsg": said("The userid is empty; it needs 1 to 64 characters."),
                }
            ],
        },
    },
)
ABSENT = Example(
    _("One did not exist"),
    {
        "code": 0,
        "message": "success",
        "data": {
            "success": ["userid1"],
            "fail": [
                {
                    "userid": "userid2",
                    "errcode": "4004",
                    "errmsg": said("The user “%(userid)s” does not exist.", userid="userid2"),
                }
            ],
        },
    },
)
REFUSALS = (
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "The array has %(count)d users; at most %(limit)d are allowed in one request.",
        {"count": MAX_USERS + 1, "limit": MAX_USERS},
    ),
    Refusal(400, Code.INVALID_PARAMETER, "The array is empty; it needs at least one user."),
)
NO_USERID = Refusal(
    400,
    Code.INVALID_PARAMETER,
    "%(place)s has no userid; it must be a string.",
    {"place": said("Item %(number)d", number=1)},
)


def _list_of(shape: Any) -> Any:
    return Annotated[list[shape], msgspec.Meta(min_length=1, max_length=MAX_USERS)]


USER_OPT = Call(
    name="user_opt",
    group=USERS,
    summary=_("Add, change and take away what is bound to people"),
    description=_(
        "Stores which registrationIDs, tags and contacts belong to which userid, for up to 1,000"
        " people. A person that is not known yet is added. Each item is applied whole or not at"
        " all, and those that failed are listed. A ChannelKey may name its own ChannelKey, `all`"
        " and the codes of its own channels; an AccessKey may name all of them."
    ),
    keys=EITHER_KEY,
    body=Body(
        _list_of(UserItem),
        (
            Example(
                _("registrationIDs of one person"),
                [
                    {
                        "userid": "zhangsan",
                        "set": {"app": {"app123": ["1104a89792bbb69299a", "191e35f7e0fb16c7d45"]}},
                    }
                ],
            ),
            Example(
                _("Several operations"),
                [
                    {
                        "userid": "u1",
                        "add": {"tag": {"all": ["t1"]}},
                        "set": {"app": {"app123": ["1104a89792bbb69299a"]}},
                        "del": {"app": {"app123": ["191e35f7e0fb16c7d45"]}},
                    },
                    {"userid": "u2", "tag": {"all": ["t1"]}, "phone": {"all": "18700000000"}},
                ],
            ),
        ),
        refusals=BODY_REFUSALS,
    ),
    answer=UserAnswer,
    answers=(*ANSWERS, PARTLY),
    refusals=(*REFUSALS, NO_USERID),
    failure=UserFailure,
    failure_values={"data": ""},
    fields=FIELDS,
)
USER_DELETE = Call(
    name="user_delete",
    group=USERS,
    summary=_("Delete people"),
    description=_(
        "Deletes up to 1,000 people with all that is bound to them. What was sent to them stays in"
        " the ledgers."
    ),
    keys=ACCESS_KEY,
    body=Body(
        _list_of(str | int),
        (Example(_("Two people"), ["userid1", "userid2"]),),
        refusals=BODY_REFUSALS,
    ),
    answer=UserAnswer,
    answers=(*ANSWERS, ABSENT),
    refusals=REFUSALS,
    failure=UserFailure,
    failure_values={"data": ""},
    fields=FIELDS,
)
