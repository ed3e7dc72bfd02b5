"""POST /v1/user/opt: which values, bind_ids and shapes are taken (protocol/ums.md 1.2, 2, 3.4)."""

import json
from typing import Any

import pytest

from channels_app.models import AccessKey, BusinessLine
from tests.contract.people import OPT, bound, outcome, stored, whole_refusal
from tests.messaging_app.calls import post

pytestmark = pytest.mark.usefixtures("shop")


def under_each_level(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [fields, {"set": fields}, {"add": fields}, {"del": fields}]


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "userid",
    [
        pytest.param("x" * 64, id="64 characters"),
        pytest.param("aZ9_@!#$&*+=.|￥", id="all specials"),
        pytest.param("￥" * 64, id="64 characters of more bytes"),
        pytest.param("a-b", id="a hyphen, by our choice"),
        pytest.param(12, id="a number, as its digits"),
        pytest.param(0, id="0"),
    ],
)
def test_a_userid(shop: BusinessLine, userid: Any) -> None:
    body = [{"userid": userid, "tag": {"all": ["a"]}}]

    assert outcome(post(shop, OPT, body)) == ([str(userid)], [])
    assert stored() == {str(userid): {"tag all a"}}


@pytest.mark.parametrize(
    ("kind", "bind_id", "value"),
    [
        pytest.param("tag", "all", ["x" * 40], id="tag: 40 bytes"),
        pytest.param("tag", "all", ["标" * 13 + "x"], id="tag: 40 bytes of Chinese"),
        pytest.param("tag", "all", ["会员aZ9_@!#$&*+=.|￥"], id="tag: all specials"),
        pytest.param("app", "app1", ["1104a89792bbb69299a"], id="app: 19 hex digits"),
        pytest.param("app", "app1", ["x" * 64, "A-b_9"], id="app: 64 characters, - and _"),
        pytest.param("phone", "all", "+" + "1" * 32, id="phone: + and 32 digits"),
        pytest.param("email", "all", "a@" + "b" * 252, id="email: 254 characters"),
        pytest.param("wechatoa", "a" * 64, "x" * 128, id="wechatoa: 128 characters"),
        pytest.param("dingtalkcc", "all", "张三", id="dingtalkcc: any characters"),
        pytest.param("wechatwk_linkedcorp", "all", ["C/" + "u" * 252], id="linkedcorp: 254"),
    ],
)
def test_a_value_at_its_limit(shop: BusinessLine, kind: str, bind_id: str, value: Any) -> None:
    body = [{"userid": "u1", "set": {kind: {bind_id: value}}}]

    assert outcome(post(shop, OPT, body)) == (["u1"], [])
    texts = value if isinstance(value, list) else [value]
    assert bound("u1") == {f"{kind} {bind_id} {text}" for text in texts}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        pytest.param(
            {"userid": "张三"}, "a character that is not allowed", id="userid: no Chinese"
        ),
        pytest.param({"userid": "a b"}, "a character that is not allowed", id="userid: no blank"),
        pytest.param({"userid": ""}, "The userid is empty", id="userid: not empty"),
        pytest.param({"userid": "x" * 65}, "has 65 characters; at most 64", id="userid: 65"),
        pytest.param({"tag": {"all": ["中" * 14]}}, "has 42 bytes", id="tag: 42 bytes"),
        pytest.param({"tag": {"all": ["x" * 41]}}, "has 41 bytes", id="tag: 41 bytes"),
        pytest.param({"tag": {"all": ["a b"]}}, "The tag “a b” has", id="tag: no blank"),
        pytest.param({"tag": {"all": ["a-b"]}}, "The tag “a-b” has", id="tag: no hyphen"),
        pytest.param({"tag": {"all": [""]}}, "A tag is empty", id="tag: not empty"),
        pytest.param({"app": {"app1": ["a b"]}}, "“a b” is not a reg", id="app: no blank"),
        pytest.param({"app": {"app1": ["x" * 65]}}, "is not a reg", id="app: 65 characters"),
        pytest.param({"app": {"app1": [""]}}, "A registrationID is empty", id="app: not empty"),
        pytest.param({"phone": {"all": "x"}}, "“x” is not a value", id="phone: digits"),
        pytest.param({"phone": {"all": "1" * 33}}, "is not a value", id="phone: 33 digits"),
        pytest.param({"email": {"all": "a.b"}}, "is not a value", id="email: an @"),
        pytest.param({"email": {"all": "a@" + "b" * 253}}, "is not a value", id="email: 255"),
        pytest.param({"wechatoa": {"oa": "x" * 129}}, "is not a value", id="wechatoa: 129"),
        pytest.param({"wechatmp": {"mp": "a b"}}, "is not a value", id="wechatmp: no blank"),
        pytest.param({"alipaylife": {"li": "a\x00"}}, "is not a value", id="alipaylife: no NUL"),
        pytest.param({"dingtalkcc": "d 1"}, "“d 1” is not a value", id="dingtalkcc: no blank"),
        pytest.param({"wechatwk": {"all": "d 1"}}, "is not a value", id="wechatwk: no blank"),
        pytest.param({"wechatwk_linkedcorp": ["u"]}, "is not a value", id="linkedcorp: CorpId/id"),
    ],
)
def test_a_value_that_breaks_a_rule_fails_its_whole_item(
    shop: BusinessLine, item: dict[str, Any], reason: str
) -> None:
    bad = {"userid": "u1", **item}
    good = {"tag": {"SHOP": ["kept_out"]}}

    for levels in under_each_level({key: bad[key] for key in bad if key != "userid"}):
        body = [{"userid": bad["userid"], "add": good} | levels, {"userid": "u2"}]
        success, [(userid, message)] = outcome(post(shop, OPT, body))
        assert (success, userid) == (["u2"], bad["userid"])
        assert reason in message
        assert stored() == {"u2": set()}


def test_a_partial_success(shop: BusinessLine) -> None:
    response = post(
        shop,
        OPT,
        [
            {"userid": "u1", "app": {"app1": ["r1"]}},
            {"userid": "u2", "app": {"app12": ["r2"]}, "tag": {"all": ["a"]}},
            {"userid": "u1", "tag": {"all": ["中" * 14]}},
            {"userid": "u3", "app": {"app1": ["r3"]}},
        ],
    )

    success, fail = outcome(response)
    assert success == ["u1", "u3"]
    assert [userid for userid, _message in fail] == ["u2", "u1"]
    assert fail[0][1] == (
        "“app12” is not the code of a channel that can be used here. Did you mean “app1”?"
    )
    assert stored() == {"u1": {"app app1 r1"}, "u3": {"app app1 r3"}}


def test_keys_that_are_unknown_at_the_top_of_an_item(shop: BusinessLine) -> None:
    body = [{"userid": "u1", "comment": "x", "tag": {"all": ["a"]}}, {"userid": "u2", "x": 1}]

    success, [(userid, message)] = outcome(post(shop, OPT, body))

    assert (success, userid) == (["u1"], "u2")
    assert message == (
        "The item has nothing to store: “x” is not one of set, add, del, tag, phone, email, app,"
        " wechatoa, wechatmp, alipaylife, dingtalkcc, wechatwk, wechatwk_linkedcorp."
    )


# --- bind_ids: 1.2 and 2 --------------------------------------------------------------------------

OF_LINE = ("tag", "phone", "email")
OF_CHANNEL = ("wechatoa", "wechatmp", "alipaylife")
OF_ALL = ("dingtalkcc", "wechatwk", "wechatwk_linkedcorp")
VALUES: dict[str, Any] = {
    "tag": ["t"],
    "app": ["r"],
    "email": "a@b",
    "wechatwk_linkedcorp": ["C/u"],
}
# Kind, bind_id, and what is said of it to a ChannelKey and to an AccessKey ("": it is taken).
BIND_IDS = [
    *((kind, "all", "", "") for kind in OF_LINE),
    *((kind, "SHOP", "", "") for kind in OF_LINE),
    *((kind, "BANK", "is neither", "") for kind in OF_LINE),
    *((kind, "app1", "is neither", "is neither") for kind in OF_LINE),
    ("app", "app1", "", ""),
    ("app", "bank", "“bank” is not the code", ""),
    ("app", "none", "“none” is not the code", "“none” is not the code"),
    ("app", "all", "“all” is not the code", "“all” is not the code"),
    ("app", "SHOP", "“SHOP” is not the code", "“SHOP” is not the code"),
    ("app", "APP1", "Did you mean “app1”?", "Did you mean “app1”?"),
    *((kind, "app1", "", "") for kind in OF_CHANNEL),
    *((kind, "free", "", "") for kind in OF_CHANNEL),
    *((kind, "bank", "may not be used with this ChannelKey", "") for kind in OF_CHANNEL),
    *((kind, "a-b", "“a-b” is none", "“a-b” is none") for kind in OF_CHANNEL),
    *((kind, "", "“” is none", "“” is none") for kind in OF_CHANNEL),
    *((kind, "x" * 65, "is none", "is none") for kind in OF_CHANNEL),
    *((kind, "all", "", "") for kind in OF_ALL),
    *((kind, "SHOP", "under “all” only", "under “all” only") for kind in OF_ALL),
    *((kind, "app1", "under “all” only", "under “all” only") for kind in OF_ALL),
]


@pytest.mark.parametrize("with_global_key", [True, False], ids=["AccessKey", "ChannelKey"])
@pytest.mark.parametrize(
    ("kind", "bind_id", "to_line", "to_global"),
    [pytest.param(*row, id=f"{row[0]} {row[1][:9]}") for row in BIND_IDS],
)
def test_which_bind_ids_a_key_may_name(
    shop: BusinessLine,
    access_key: AccessKey,
    kind: str,
    bind_id: str,
    to_line: str,
    to_global: str,
    with_global_key: bool,
) -> None:
    caller, reason = (access_key, to_global) if with_global_key else (shop, to_line)
    value = VALUES.get(kind, "1")

    for levels in under_each_level({kind: {bind_id: value}})[1:]:
        success, fail = outcome(post(caller, OPT, [{"userid": "u1"} | levels]))
        assert success == ([] if reason else ["u1"])
        assert all(reason in message for _userid, message in fail)
        assert len(fail) == bool(reason)
        if reason:
            assert stored() == {}
        elif "del" not in levels:
            text = value[0] if isinstance(value, list) else value
            assert bound("u1") == {f"{kind} {bind_id} {text}"}


# --- shapes ---------------------------------------------------------------------------------------

SHAPES = [
    pytest.param(body, words, id=words)
    for body, words in [
        (b"[{", "not JSON in UTF-8"),
        (b'[{"userid":"\xff"}]', "not JSON in UTF-8"),
        (b'[{"userid":"u1","x":' + b"[" * 100_000, "recursion"),
        (b"[]", "The array is empty"),
        (b'{"userid":"u1"}', "Expected `array`, got `object`"),
        (b'["u1"]', 'Item 1: it must be an object, not "u1".'),
        (b"[{}]", "Item 1 has no userid"),
        (b'[{"userid":"u1"},{"userid":null}]', "Item 2 has no userid"),
        (b'[{"userid":true}]', "Item 1: userid must be a string, not true"),
        (b'[{"userid":1.5}]', "Item 1: userid must be a string, not 1.5"),
        (b'[{"userid":' + b"1" * 5000 + b"}]", "Item 1: Integer value out of range"),
        (b'[{"userid":"u1"},{"userid":"u2","set":1}]', "userid “u2”: set must be an object"),
        (b'[{"userid":"u1","set":[]}]', "userid “u1”: set must be an object, not []"),
        (b'[{"userid":"u1","set":{"apps":{}}}]', "“set.apps” is not known; possible are tag,"),
        (b'[{"userid":"u1","app":"r1"}]', 'app must be an object, not "r1"'),
        (b'[{"userid":"u1","tag":["a"]}]', 'tag must be an object, not ["a"]'),
        (b'[{"userid":"u1","phone":"1"}]', 'phone must be an object, not "1"'),
        (b'[{"userid":"u1","wechatoa":"o"}]', 'wechatoa must be an object, not "o"'),
        (b'[{"userid":"u1","del":{"phone":1}}]', "del.phone must be an object, not 1"),
        (
            b'[{"userid":"u1","set":{"app":{"app1":["r1"],"app123":"r1"}}}]',
            'Item 1, userid “u1”: set.app.app123 must be an array of strings, not "r1".',
        ),
        (b'[{"userid":"u1","set":{"tag":{"all":["a",1]}}}]', "tag.all.1 must be a string, not 1"),
        (b'[{"userid":"u1","set":{"tag":{"all":null}}}]', "an array of strings, not null"),
        (b'[{"userid":1,"phone":{"all":["1"]}}]', '“1”: phone.all must be a string, not ["1"]'),
        (b'[{"userid":1,"add":{"phone":{"all":null}}}]', "phone.all must be a string, not null"),
        (b'[{"userid":1,"set":{"dingtalkcc":["d"]}}]', 'dingtalkcc must be a string, not ["d"]'),
        (
            b'[{"userid":1,"set":{"wechatwk_linkedcorp":"C/u"}}]',
            'wechatwk_linkedcorp must be an array of strings, not "C/u"',
        ),
        (b'[{"userid":1,"wechatwk_linkedcorp":[1]}]', "linkedcorp.0 must be a string, not 1"),
        (b'[{"userid":1,"tag":{"a":1,"a":[]}}]', "Item 1, userid “1”: Expected `array`"),
    ]
]


@pytest.mark.parametrize(("body", "words"), SHAPES)
def test_a_wrong_shape_refuses_the_whole_request(
    shop: BusinessLine, body: bytes, words: str
) -> None:
    whole_refusal(post(shop, OPT, body), words=words)
    assert stored() == {}


def test_more_than_a_thousand_users_are_refused_with_both_numbers(shop: BusinessLine) -> None:
    body = json.dumps([{"userid": f"u{n}"} for n in range(1001)]).encode()

    whole_refusal(post(shop, OPT, body), words="1001 users; at most 1000 are allowed")
    assert stored() == {}
