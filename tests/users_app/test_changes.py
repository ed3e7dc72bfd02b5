"""Rules of values, and the folding of a request's operations."""

import pytest

from users_app.bind_ids import BindIds
from users_app.changes import (
    BindingChange,
    Item,
    Kind,
    Op,
    Operation,
    RefusedError,
    checked_registration_id,
    checked_tag,
    checked_userid,
    fold,
    shown,
)


@pytest.mark.parametrize("userid", ["zhangsan", "a" * 64, "A_@!#$&*+=.|￥9", "with-hyphen"])
def test_userids_of_the_documented_characters_and_the_hyphen_pass(userid: str) -> None:
    assert checked_userid(userid) == userid


@pytest.mark.parametrize(
    "userid", ["", "a" * 65, "张三", "a b", "a\n", "a,b", "a/b", "a\0", "\ud800"]
)
def test_other_userids_are_refused(userid: str) -> None:
    with pytest.raises(RefusedError):
        checked_userid(userid)


@pytest.mark.parametrize("tag", ["vip", "北京", "客户_A1", "中" * 13, "x" * 40, "㐀", "￥1"])
def test_tags_of_the_documented_characters_pass(tag: str) -> None:
    assert checked_tag(tag) == tag


@pytest.mark.parametrize("tag", ["", "中" * 14, "x" * 41, "a b", "a-b", "tab\t", "，", "a\n"])
def test_other_tags_are_refused(tag: str) -> None:
    with pytest.raises(RefusedError):
        checked_tag(tag)


def test_the_length_of_a_tag_is_counted_in_bytes() -> None:
    with pytest.raises(RefusedError, match=r"“中{14}” has 42 bytes in UTF-8; at most 40"):
        checked_tag("中" * 14)


@pytest.mark.parametrize("value", ["1104a89792bbb69299a", "0207870f1b8", "A-b_9", "x" * 64])
def test_registration_ids_are_opaque(value: str) -> None:
    assert checked_registration_id(value) == value


@pytest.mark.parametrize("value", ["", "x" * 65, "a b", "a.b", "a\n", "中"])
def test_what_cannot_be_a_registration_id_is_refused(value: str) -> None:
    with pytest.raises(RefusedError):
        checked_registration_id(value)


def test_an_unknown_channel_code_is_answered_with_the_nearest_one() -> None:
    bind_ids = BindIds({"app123": 1, "Other": 2}, frozenset())

    with pytest.raises(RefusedError, match=r"“APP124” is not the code .* Did you mean “app123”?"):
        bind_ids.channel_id("APP124")


def test_an_unknown_channel_code_that_resembles_none_is_answered_with_the_codes() -> None:
    with pytest.raises(RefusedError, match=r"Channel codes are: a1, b2\."):
        BindIds({"b2": 1, "a1": 2}, frozenset()).channel_id("zzzzzz")


def test_without_channels_the_answer_says_so() -> None:
    with pytest.raises(RefusedError, match="There is no channel yet"):
        BindIds({}, frozenset()).channel_id("app123")


def test_a_tag_is_bound_under_all_or_a_known_channel_key() -> None:
    bind_ids = BindIds({"app123": 1}, frozenset({"key1"}))

    assert (bind_ids.tag_scope("all"), bind_ids.tag_scope("key1")) == ("all", "key1")
    with pytest.raises(RefusedError, match="“app123” is neither"):
        bind_ids.tag_scope("app123")


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert shown("a\u200bb\n" + "x" * 100) == "a\\u200bb\\u000a" + "x" * 76 + "…"


def net_effect(*items: tuple[Op, tuple[str, ...]]) -> list[tuple[str, bool, bool]]:
    """(value, present, replaces) after these operations on one scope, one item each."""
    changes = list(
        fold(Item("u1", (Operation(op, Kind.TAG, "all", values),)) for op, values in items)
    )
    assert [change.userid for change in changes] == ["u1"]
    return [(b.value, b.present, b.replaces) for b in changes[0].bindings]


@pytest.mark.parametrize(
    ("items", "effect"),
    [
        ([(Op.ADD, ("a",)), (Op.DEL, ("a",))], [("a", False, False)]),
        ([(Op.DEL, ("a",)), (Op.ADD, ("a",))], [("a", True, False)]),
        ([(Op.ADD, ("a",)), (Op.SET, ("b",))], [("b", True, True)]),
        ([(Op.SET, ("a",)), (Op.ADD, ("b",))], [("a", True, True), ("b", True, True)]),
        ([(Op.SET, ("a", "b")), (Op.DEL, ("a",))], [("a", False, True), ("b", True, True)]),
        ([(Op.SET, ("a",)), (Op.SET, ())], [("", False, True)]),
        ([(Op.SET, ())], [("", False, True)]),
        ([(Op.ADD, ())], []),
    ],
)
def test_operations_of_a_request_are_folded_in_their_order(
    items: list[tuple[Op, tuple[str, ...]]], effect: list[tuple[str, bool, bool]]
) -> None:
    assert net_effect(*items) == effect


def test_folding_keeps_people_and_scopes_apart() -> None:
    add = Operation(Op.ADD, Kind.TAG, "all", ("a",))
    changes = list(
        fold(
            [
                Item("u1", (add,)),
                Item("u2", ()),
                Item("u1", (Operation(Op.SET, Kind.APP, 7, ("r1",)),)),
            ]
        )
    )

    assert [(change.userid, change.bindings) for change in changes] == [
        (
            "u1",
            (
                BindingChange(Kind.TAG, "all", "a", present=True, replaces=False, position=0),
                BindingChange(Kind.APP, 7, "r1", present=True, replaces=True, position=2),
            ),
        ),
        ("u2", ()),
    ]
