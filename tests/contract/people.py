"""What is stored about people, and calls of the user API (protocol/ums.md 3.4 and 3.5)."""

from typing import Any

from channels_app.models import AccessKey, BusinessLine
from tests.contract.calls import refusal
from tests.messaging_app.calls import post
from users_app.models import Contact, EndUser, Registration, Tag

OPT, DELETE = "/v1/user/opt", "/v1/user/delete"


def bound(userid: str) -> set[str]:
    """All that is bound to a person, as `kind bind_id value`."""
    person = EndUser.objects.get(userid=userid)
    devices = Registration.objects.filter(end_user=person)
    tags = Tag.objects.filter(end_user=person)
    contacts = Contact.objects.filter(end_user=person)
    return {
        *(f"app {r.channel.code} {r.registration_id}" for r in devices.select_related("channel")),
        *(f"tag {tag.bind_id} {tag.name}" for tag in tags),
        *(f"{c.scope.replace(':', ' ', 1)} {c.value}" for c in contacts),
    }


def stored() -> dict[str, set[str]]:
    return {userid: bound(userid) for userid in EndUser.objects.values_list("userid", flat=True)}


def outcome(response: Any) -> tuple[list[str], list[tuple[str, str]]]:
    """`data.success`, and userid and errmsg of `data.fail`, after a look at the answer's shape."""
    answer = response.json()
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    assert list(answer) == ["code", "message", "data"]
    assert (answer["code"], type(answer["code"]), answer["message"]) == (0, int, "success")
    success, fail = answer["data"]["success"], answer["data"]["fail"]
    assert list(answer["data"]) == ["success", "fail"]
    assert all(type(userid) is str for userid in success)
    for item in fail:
        assert list(item) == ["userid", "errcode", "errmsg"]
        assert {type(value) for value in item.values()} == {str}  # errcode above all
        assert item["errcode"] == "4004"
        assert item["errmsg"]
    return success, [(item["userid"], item["errmsg"]) for item in fail]


def opt(caller: BusinessLine | AccessKey, *items: Any) -> None:
    """All items succeed."""
    success, fail = outcome(post(caller, OPT, list(items)))
    assert fail == []
    assert success == list(dict.fromkeys(str(item["userid"]) for item in items))


def whole_refusal(response: Any, *, words: str, code: int = 4004, status: int = 400) -> None:
    """The whole request is refused: `data` is an empty string."""
    answer = refusal(response, code=code, status=status, words=words)
    assert list(answer) == ["code", "message", "data"]
    assert answer["data"] == ""
