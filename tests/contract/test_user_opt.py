"""POST /v1/user/opt: each kind of value under add, set and del (protocol/ums.md 1.1, 1.2, 3.4)."""

from typing import Any

import pytest

from channels_app.models import AccessKey, BusinessLine, Channel
from tests.contract.people import OPT, bound, opt, outcome, stored
from tests.messaging_app.calls import post
from users_app.contacts import ContactKind
from users_app.models import EndUser

pytestmark = pytest.mark.usefixtures("shop")

# As they stand in the App guide, on one line and pasted, and in the SMS guide.
APP_GUIDE = (
    b'[{ "userid": "zhangsan", "set":{ "app": { "app123":'
    b' ["1104a89792bbb69299a","191e35f7e0fb16c7d45"] } } }]'
)
APP_GUIDE_PASTED = b"""
          [{
 "userid": "zhangsan",
 "set":{
 "app": {
 "app123": ["1104a89792bbb69299a","191e35f7e0fb16c7d45"]
 }
 }
}]

        \r\n"""
SMS_GUIDE = b'[{"userid":"zhangsan","phone":{"1234":"18756432567"}}]'
SUCCESS = b'{"code":0,"message":"success","data":{"success":["zhangsan"],"fail":[]}}'


@pytest.mark.parametrize("with_global_key", [True, False], ids=["AccessKey", "ChannelKey"])
@pytest.mark.parametrize(
    ("body", "after"),
    [
        pytest.param(
            body, {"app app123 1104a89792bbb69299a", "app app123 191e35f7e0fb16c7d45"}, id=fact
        )
        for fact, body in {"App guide": APP_GUIDE, "App guide, pasted": APP_GUIDE_PASTED}.items()
    ]
    + [pytest.param(SMS_GUIDE, {"phone 1234 18756432567"}, id="SMS guide")],
)
def test_the_guides_examples_work_as_they_stand(
    shop: BusinessLine,
    channel: Channel,
    access_key: AccessKey,
    body: bytes,
    after: set[str],
    with_global_key: bool,
) -> None:
    Channel.objects.filter(pk=channel.pk).update(code="app123")
    BusinessLine.objects.filter(pk=shop.pk).update(channel_key="1234")
    shop.refresh_from_db()

    response = post(access_key if with_global_key else shop, OPT, body)

    assert (response.status_code, response.content) == (200, SUCCESS)
    assert stored() == {"zhangsan": after}


def test_the_full_shape_is_carried_out(shop: BusinessLine, access_key: AccessKey) -> None:
    """That of 3.4, with a sender code for the ids and our own ChannelKey."""
    body = """
    [{"userid":"u1",
      "add":{"tag":{"SHOP":["t1"]},"app":{"app1":["r1"]},"wechatwk_linkedcorp":["CorpId1/userid1"]},
      "set":{"tag":{"all":["t1"]},"phone":{"SHOP":"18700000000"},"email":{"all":"a@example.com"},
             "app":{"app1":["r2"]},"wechatoa":{"oa1":"o"},"wechatmp":{"mp1":"m"},
             "alipaylife":{"life1":"a"},"dingtalkcc":"d","wechatwk":"w",
             "wechatwk_linkedcorp":["CorpId2/userid2"]},
      "del":{"app":{"app1":["r2"]},"phone":{"SHOP":"18700000000"},"dingtalkcc":"d"}}]
    """

    for caller in (access_key, shop):
        assert outcome(post(caller, OPT, body.encode())) == (["u1"], [])
        assert bound("u1") == {
            *("tag SHOP t1", "tag all t1", "app app1 r1", "email all a@example.com"),
            *("wechatoa oa1 o", "wechatmp mp1 m", "alipaylife life1 a", "wechatwk all w"),
            *("wechatwk_linkedcorp all CorpId1/userid1", "wechatwk_linkedcorp all CorpId2/userid2"),
        }


# Kind, bind_id, three values. The first three hold many values per bind_id.
MANY = [
    ("tag", "all", "a", "b", "c"),
    ("app", "app1", "r1", "r2", "r3"),
    ("wechatwk_linkedcorp", "all", "C1/a", "C1/b", "C2/c"),
]
ONE = [
    ("phone", "all", "18700000000", "+86 187-5643-2567", "1"),
    ("email", "all", "a@example.com", "张三@例子.中国", "b@x"),
    ("wechatoa", "shop1", "oABC_1-x", "oABC_2", "o3"),
    ("wechatmp", "shop1", "mABC_1", "mABC_2", "m3"),
    ("alipaylife", "life1", "2088001", "2088002", "2088003"),
    ("dingtalkcc", "all", "ding.1", "ding.2", "ding.3"),
    ("wechatwk", "all", "wk1", "wk2", "wk3"),
]
WITHOUT_BIND_ID = ("dingtalkcc", "wechatwk", "wechatwk_linkedcorp")
each_of_many = pytest.mark.parametrize("row", MANY, ids=lambda row: row[0])
each_of_one = pytest.mark.parametrize("row", ONE, ids=lambda row: row[0])


def under(op: str | None, kind: str, bind_id: str, value: Any) -> dict[str, Any]:
    """An item about u1; without `op` the fields stand at its top."""
    fields = {kind: value if kind in WITHOUT_BIND_ID else {bind_id: value}}
    return {"userid": "u1", op: fields} if op else {"userid": "u1", **fields}


def test_the_tables_hold_every_kind() -> None:
    assert {row[0] for row in MANY + ONE} == {"app", "tag", *ContactKind}


@each_of_many
@pytest.mark.parametrize(
    ("op", "values", "after"),
    [
        pytest.param("add", [2], {0, 1, 2}, id="add adds"),
        pytest.param("add", [1, 2, 2], {0, 1, 2}, id="add what is there"),
        pytest.param("add", [], {0, 1}, id="add nothing"),
        pytest.param("set", [1, 2], {1, 2}, id="set replaces"),
        pytest.param("set", [], set(), id="set nothing clears"),
        pytest.param(None, [2], {2}, id="without a level it is set"),
        pytest.param("del", [0, 2], {1}, id="del takes what it names"),
        pytest.param("del", [], {0, 1}, id="del nothing"),
    ],
)
def test_kinds_with_many_values(
    shop: BusinessLine, row: tuple[str, ...], op: str | None, values: list[int], after: set[int]
) -> None:
    kind, bind_id, *texts = row
    opt(shop, under("set", kind, bind_id, texts[:2]))

    opt(shop, under(op, kind, bind_id, [texts[n] for n in values]))

    assert bound("u1") == {f"{kind} {bind_id} {texts[n]}" for n in after}


@each_of_one
@pytest.mark.parametrize(
    ("op", "value", "after"),
    [
        pytest.param("set", 1, {1}, id="set replaces"),
        pytest.param("add", 1, {1}, id="add replaces, as there is room for one"),
        pytest.param(None, 1, {1}, id="without a level it is set"),
        pytest.param("set", 0, {0}, id="set what is there"),
        pytest.param("del", 0, set(), id="del the value that is stored"),
        pytest.param("del", 1, {0}, id="del another value"),
        pytest.param("set", None, set(), id="set an empty value clears"),
        pytest.param("del", None, set(), id="del an empty value clears"),
        pytest.param("add", None, {0}, id="add an empty value says nothing"),
    ],
)
def test_kinds_with_one_value(
    shop: BusinessLine, row: tuple[str, ...], op: str | None, value: int | None, after: set[int]
) -> None:
    kind, bind_id, *texts = row
    opt(shop, under("set", kind, bind_id, texts[0]))
    given = "" if value is None else texts[value]

    # Below a bind_id, since "" in place of a whole field says nothing.
    opt(
        shop,
        {"userid": "u1", **({op: {kind: {bind_id: given}}} if op else {kind: {bind_id: given}})},
    )

    assert bound("u1") == {f"{kind} {bind_id} {texts[n]}" for n in after}


@pytest.mark.parametrize("kind", WITHOUT_BIND_ID)
def test_both_spellings_of_a_kind_without_bind_ids(shop: BusinessLine, kind: str) -> None:
    def value(text: str) -> Any:
        return [text] if kind == "wechatwk_linkedcorp" else text

    opt(shop, {"userid": "u1", "set": {kind: value("C/old")}})
    opt(shop, {"userid": "u1", "set": {kind: {"all": value("C/new")}}})
    assert bound("u1") == {f"{kind} all C/new"}

    opt(shop, {"userid": "u1", "del": {kind: value("C/new")}})
    assert bound("u1") == set()


@pytest.mark.parametrize("nothing", [None, "", {}], ids=["null", "empty text", "empty object"])
@pytest.mark.parametrize("op", ["set", "add", "del", None])
def test_fields_that_typed_clients_leave_empty_say_nothing(
    shop: BusinessLine, op: str | None, nothing: Any
) -> None:
    opt(shop, *(under("set", kind, bind_id, [one]) for kind, bind_id, one, *_more in MANY))
    opt(shop, *(under("set", kind, bind_id, one) for kind, bind_id, one, *_more in ONE))
    before = bound("u1")
    assert len(before) == len(MANY + ONE)

    empty = dict.fromkeys([row[0] for row in MANY + ONE], nothing)
    opt(shop, {"userid": "u1", **({op: empty} if op else empty)})
    opt(shop, {"userid": "u1", "set": None, "add": None, "del": None})

    assert bound("u1") == before


def test_kinds_bind_ids_and_people_do_not_touch_each_other(shop: BusinessLine) -> None:
    for userid in ("u1", "u2"):
        fields = {"phone": {"all": "1", "SHOP": "2"}, "wechatoa": {"a": "x", "b": "y"}}
        opt(shop, {"userid": userid, **fields, "tag": {"all": ["t"], "SHOP": ["t"]}})

    opt(
        shop,
        {"userid": "u1", "phone": {"SHOP": "3"}, "wechatmp": {"b": "z"}, "tag": {"SHOP": []}},
        {"userid": "u1", "del": {"phone": {"all": ""}}, "set": {"wechatoa": {"b": "z"}}},
    )

    u1 = {"phone SHOP 3", "wechatoa a x", "wechatoa b z", "wechatmp b z", "tag all t"}
    u2 = {"phone all 1", "phone SHOP 2", "wechatoa a x", "wechatoa b y"}
    assert stored() == {"u1": u1, "u2": u2 | {"tag all t", "tag SHOP t"}}


@pytest.mark.parametrize(
    ("items", "after"),
    [
        pytest.param(
            [{"del": {"tag": {"all": ["b"]}}}, {"add": {"tag": {"all": ["b", "c"]}}}],
            {"tag all a", "tag all b", "tag all c"},
            id="items in their order",
        ),
        pytest.param(
            [
                {
                    "del": {"tag": {"all": ["b"]}},
                    "add": {"tag": {"all": ["b", "c"]}},
                    "set": {"tag": {"all": ["x"]}},
                }
            ],
            {"tag all x", "tag all c"},
            id="within an item set, add, del",
        ),
        pytest.param(
            [{"tag": {"all": ["x"]}, "set": {"tag": {"all": ["y"]}}}],
            {"tag all y"},
            id="fields at the top come before set",
        ),
        pytest.param(
            [
                {"add": {"tag": {"all": ["x"]}}},
                {"set": {"tag": {"all": ["y"]}}},
                {"add": {"tag": {"all": ["z"]}}},
            ],
            {"tag all y", "tag all z"},
            id="a later set replaces an earlier add",
        ),
        pytest.param(
            [{"set": {"phone": {"all": "1"}}, "add": {"phone": {"all": "2"}}}],
            {"tag all a", "phone all 2"},
            id="the last value of a single kind",
        ),
        pytest.param(
            [{"phone": {"all": "3"}}, {"phone": {"all": "4"}, "del": {"phone": {"all": "4"}}}],
            {"tag all a"},
            id="set and del of one value",
        ),
    ],
)
def test_the_order_of_a_request(
    shop: BusinessLine, items: list[dict[str, Any]], after: set[str]
) -> None:
    opt(shop, {"userid": "u1", "tag": {"all": ["a"]}})

    opt(shop, *({"userid": "u1"} | item for item in items))

    assert bound("u1") == after


def test_an_existing_userid_is_updated_and_a_new_one_is_added(shop: BusinessLine) -> None:
    for tag in ("a", "b"):
        opt(shop, {"userid": "u1", "add": {"tag": {"all": [tag]}}}, {"userid": f"u{tag}"})

    assert stored() == {"u1": {"tag all a", "tag all b"}, "ua": set(), "ub": set()}


def test_a_thousand_users_fit_into_one_request(shop: BusinessLine) -> None:
    opt(shop, *({"userid": f"u{n}", "app": {"app1": [f"r{n}"]}} for n in range(1000)))

    assert EndUser.objects.count() == 1000
    assert bound("u999") == {"app app1 r999"}


@pytest.mark.parametrize("policy", Channel.DevicePolicy.values)
def test_a_registration_id_of_two_userids(shop: BusinessLine, policy: str) -> None:
    """Nothing forbids it (12.2, 13); the channel says whether the older binding stays."""
    Channel.objects.update(device_policy=policy)

    opt(shop, *({"userid": userid, "app": {"app1": ["r1"]}} for userid in ("u1", "u2")))

    older = {"app app1 r1"} if policy == "keep" else set()
    assert stored() == {"u1": older, "u2": {"app app1 r1"}}
