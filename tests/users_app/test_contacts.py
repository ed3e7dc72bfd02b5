"""What an address of each kind may look like."""

import pytest

from users_app.changes import RefusedError
from users_app.contacts import ContactKind, checked_contact


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "18700000000"),
        ("phone", "+86 187-5643-2567"),
        ("phone", "+" + "1" * 32),
        ("email", "a@b"),
        ("email", "x" * 252 + "@b"),
        ("wechatoa", "oX-1_a=="),
        ("wechatmp", "x" * 128),
        ("alipaylife", "2088102146931393"),
        ("dingtalkcc", "manager.张三"),
        ("wechatwk", "a@b"),
        ("wechatwk_linkedcorp", "CorpId1/userid1"),
    ],
)
def test_addresses_pass(kind: str, value: str) -> None:
    assert checked_contact(ContactKind(kind), value) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "1" * 33),
        ("phone", "+"),
        ("phone", " - "),
        ("phone", "1+"),
        ("phone", "(0)1"),
        ("phone", "１"),
        ("phone", "1\n"),
        ("email", "a"),
        ("email", "a@"),
        ("email", "@b"),
        ("email", "a@b@c"),
        ("email", "a b@c"),
        ("email", "a@b\0"),
        ("email", "x" * 253 + "@b"),
        ("wechatoa", "a b"),
        ("wechatmp", "x" * 129),
        ("alipaylife", "a\n"),
        ("dingtalkcc", "\ud800"),
        ("wechatwk", "a\u3000b"),
        ("wechatwk_linkedcorp", ""),
        ("wechatwk_linkedcorp", "userid1"),
        ("wechatwk_linkedcorp", "a/b/c"),
        ("wechatwk_linkedcorp", "/b"),
        ("wechatwk_linkedcorp", "x" * 253 + "/b"),
    ],
)
def test_other_addresses_are_refused_with_value_and_rule(kind: str, value: str) -> None:
    with pytest.raises(RefusedError, match=f"is not a value of “{kind}”: that is "):
        checked_contact(ContactKind(kind), value)
