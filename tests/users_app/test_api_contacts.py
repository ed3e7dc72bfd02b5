"""Every kind of contact through POST /v1/user/opt (protocol/ums.md 1.1, 1.2 and 3.4)."""

from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from tests.users_app.conftest import Post, contacts, stored
from users_app.contacts import ContactKind

pytestmark = pytest.mark.django_db

# kind -> bind_id, an old and a new value.
SINGLE = {
    "phone": ("all", "18700000000", "+86 187-5643-2567"),
    "email": ("all", "a@example.com", "张三@例子.中国"),
    "wechatoa": ("shop1", "oABC_1-x", "oABC_2"),
    "wechatmp": ("shop1", "mABC_1", "mABC_2"),
    "alipaylife": ("life1", "2088001", "2088002"),
    "dingtalkcc": ("all", "ding.1", "ding.2"),
    "wechatwk": ("all", "wk1", "wk2"),
}
each_single_kind = pytest.mark.parametrize(
    ("kind", "bind_id", "old", "new"), [(kind, *rest) for kind, rest in SINGLE.items()]
)


def change(opt: Post, *items: dict[str, Any]) -> None:
    """Every item is about u1 and succeeds."""
    response = opt([{"userid": "u1"} | item for item in items])
    assert response.json()["data"] == {"success": ["u1"], "fail": []}


def reason(response: Any) -> str:
    """The errmsg of the one item that failed."""
    body = response.json()
    assert (response.status_code, body["data"]["success"]) == (200, [])
    [failed] = body["data"]["fail"]
    assert failed["errcode"] == "4004"
    return str(failed["errmsg"])


def test_the_kinds_are_those_of_the_protocol() -> None:
    assert {*SINGLE, "wechatwk_linkedcorp"} == set(ContactKind)


@each_single_kind
@pytest.mark.parametrize("wrap", ["set", "add", None])
def test_one_value_replaces_the_other(
    opt: Post, kind: str, bind_id: str, old: str, new: str, wrap: str | None
) -> None:
    for value in (old, new, new):
        fields = {kind: {bind_id: value}}
        change(opt, {wrap: fields} if wrap else fields)

    assert contacts("u1") == {(f"{kind}:{bind_id}", new)}


@each_single_kind
def test_del_takes_only_the_stored_value(
    opt: Post, kind: str, bind_id: str, old: str, new: str
) -> None:
    change(opt, {"set": {kind: {bind_id: old}}})
    change(opt, {"del": {kind: {bind_id: new}}})
    assert contacts("u1") == {(f"{kind}:{bind_id}", old)}

    change(opt, {"del": {kind: {bind_id: old}}})
    assert contacts("u1") == set()


@each_single_kind
@pytest.mark.parametrize("op", ["set", "del"])
def test_an_empty_value_clears_whatever_is_stored(
    opt: Post, kind: str, bind_id: str, old: str, new: str, op: str
) -> None:
    change(opt, {kind: {bind_id: old}, "tag": {"all": ["kept"]}})
    change(opt, {op: {kind: {bind_id: ""}}})

    assert contacts("u1") == set()
    assert stored() == {"u1": (set(), {("all", "kept")})}


@each_single_kind
def test_adding_an_empty_value_changes_nothing(
    opt: Post, kind: str, bind_id: str, old: str, new: str
) -> None:
    change(opt, {kind: {bind_id: old}})
    change(opt, {"add": {kind: {bind_id: ""}}})

    assert contacts("u1") == {(f"{kind}:{bind_id}", old)}


@pytest.mark.parametrize("nothing", [None, "", {}])
@pytest.mark.parametrize("op", ["set", "add", "del"])
def test_a_kind_without_a_value_says_nothing(opt: Post, op: str, nothing: Any) -> None:
    everything = {kind: {bind_id: old} for kind, (bind_id, old, _new) in SINGLE.items()}
    change(opt, everything | {"wechatwk_linkedcorp": ["C/u"]})
    before = contacts("u1")
    assert len(before) == len(ContactKind)

    change(opt, {op: dict.fromkeys((*ContactKind, "app", "tag"), nothing)})

    assert contacts("u1") == before


def test_linked_corp_ids_are_set_added_removed_and_cleared(opt: Post) -> None:
    scope = "wechatwk_linkedcorp:all"
    change(opt, {"wechatwk_linkedcorp": ["C1/a", "C1/b"]})
    change(opt, {"add": {"wechatwk_linkedcorp": ["C2/c"]}})
    change(opt, {"add": {"wechatwk_linkedcorp": []}, "del": {"wechatwk_linkedcorp": []}})
    assert contacts("u1") == {(scope, "C1/a"), (scope, "C1/b"), (scope, "C2/c")}

    change(opt, {"del": {"wechatwk_linkedcorp": {"all": ["C1/a", "C9/z"]}}})
    assert contacts("u1") == {(scope, "C1/b"), (scope, "C2/c")}

    change(opt, {"set": {"wechatwk_linkedcorp": {"all": ["C2/c", "C3/d"]}}})
    assert contacts("u1") == {(scope, "C2/c"), (scope, "C3/d")}

    change(opt, {"set": {"wechatwk_linkedcorp": []}})
    assert contacts("u1") == set()


@pytest.mark.parametrize("kind", ["dingtalkcc", "wechatwk"])
def test_both_spellings_of_a_kind_without_bind_ids_mean_the_same(opt: Post, kind: str) -> None:
    change(opt, {"set": {kind: "old"}})
    change(opt, {"set": {kind: {"all": "new"}}})
    assert contacts("u1") == {(f"{kind}:all", "new")}

    change(opt, {"del": {kind: "new"}})
    assert contacts("u1") == set()


def test_bind_ids_and_kinds_do_not_touch_each_other(opt: Post, business_line: BusinessLine) -> None:
    key = business_line.channel_key
    change(opt, {"phone": {"all": "1", key: "2"}, "wechatoa": {"a": "x", "b": "y"}})
    change(opt, {"phone": {key: "3"}, "wechatoa": {"b": "z"}, "wechatmp": {"b": "z"}})
    change(opt, {"del": {"phone": {"all": ""}}})

    assert contacts("u1") == {
        (f"phone:{key}", "3"),
        ("wechatoa:a", "x"),
        ("wechatoa:b", "z"),
        ("wechatmp:b", "z"),
    }


def test_people_do_not_touch_each_other(opt: Post) -> None:
    opt([{"userid": u, "phone": {"all": "1"}} for u in ("u1", "u2")])
    change(opt, {"phone": {"all": "2"}})

    assert (contacts("u1"), contacts("u2")) == ({("phone:all", "2")}, {("phone:all", "1")})


def test_within_a_request_the_last_word_on_a_value_counts(opt: Post) -> None:
    change(opt, {"set": {"phone": {"all": "1"}}, "add": {"phone": {"all": "2"}}})
    assert contacts("u1") == {("phone:all", "2")}

    change(opt, {"phone": {"all": "3"}}, {"phone": {"all": "4"}, "del": {"phone": {"all": "4"}}})
    assert contacts("u1") == set()


def test_the_guides_without_a_set_level_work_as_they_stand(
    opt: Post, business_line: BusinessLine
) -> None:
    BusinessLine.objects.filter(pk=business_line.pk).update(channel_key="1234")

    response = opt(b'[{"userid":"zhangsan","phone":{"1234":"18756432567"}}]')

    assert response.json()["data"]["success"] == ["zhangsan"]
    assert contacts("zhangsan") == {("phone:1234", "18756432567")}


def test_deleting_people_takes_their_contacts_along(opt: Post, delete: Post) -> None:
    opt([{"userid": u, "phone": {"all": "1"}} for u in ("u1", "u2")])

    assert delete(["u1"]).json()["data"]["success"] == ["u1"]
    assert (contacts("u1"), contacts("u2")) == (set(), {("phone:all", "1")})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"phone": {"other": "1"}}, "“phone” is bound under “all” or under a ChannelKey"),
        ({"email": {"app1": "a@b"}}, "“app1” is neither"),
        ({"wechatoa": {"a-b": "x"}}, "a channel code of 1 to 64 letters and digits; “a-b” is none"),
        ({"wechatmp": {"": "x"}}, "“” is none"),
        ({"alipaylife": {"x" * 65: "x"}}, "is none"),
        ({"dingtalkcc": {"app1": "x"}}, "“dingtalkcc” is bound under “all” only, not under “app1”"),
        ({"wechatwk": {"app1": "x"}}, "under “all” only"),
        ({"wechatwk_linkedcorp": {"app1": ["C/u"]}}, "under “all” only"),
    ],
)
def test_a_bind_id_of_another_kind_fails_its_item(
    opt: Post, channel: Channel, fields: dict[str, Any], message: str
) -> None:
    for op in ("set", "add", "del"):
        assert message in reason(opt([{"userid": "u1", "tag": {"all": ["a"]}, op: fields}]))
    assert stored() == {}


def test_a_business_line_names_all_its_own_key_and_free_codes(
    business_line: BusinessLine, app123: Channel, opt: Post, line_headers: dict[str, str]
) -> None:
    key = business_line.channel_key
    fields = {
        "phone": {"all": "1", key: "2"},
        "email": {key: "a@b"},
        "wechatoa": {"app1": "mine", "free": "nobodys"},
        "dingtalkcc": "d",
    }

    answer = opt([{"userid": "u1", "set": fields}], line_headers)

    assert answer.json()["data"]["fail"] == []
    assert contacts("u1") == {
        ("phone:all", "1"),
        (f"phone:{key}", "2"),
        (f"email:{key}", "a@b"),
        ("wechatoa:app1", "mine"),
        ("wechatoa:free", "nobodys"),
        ("dingtalkcc:all", "d"),
    }


def test_a_business_line_may_not_name_the_key_or_channel_of_another(
    channel: Channel, app123: Channel, opt: Post, line_headers: dict[str, str]
) -> None:
    other = BusinessLine.objects.create(name="Other")
    other.channels.add(app123)

    for fields, message in (
        ({"phone": {other.channel_key: "1"}}, "is neither"),
        ({"email": {other.channel_key: "a@b"}}, "is neither"),
        ({"wechatoa": {"app123": "x"}}, "“app123” may not be used with this ChannelKey"),
        ({"wechatmp": {"app123": "x"}}, "may not be used"),
        ({"alipaylife": {"app123": "x"}}, "may not be used"),
    ):
        assert message in reason(opt([{"userid": "u1", "set": fields}], line_headers))
    assert stored() == {}


def test_a_global_key_names_every_key_and_channel(
    business_line: BusinessLine, app123: Channel, opt: Post
) -> None:
    key = business_line.channel_key
    change(opt, {"phone": {key: "1"}, "wechatoa": {"app1": "x", "app123": "y"}})

    assert contacts("u1") == {
        (f"phone:{key}", "1"),
        ("wechatoa:app1", "x"),
        ("wechatoa:app123", "y"),
    }
