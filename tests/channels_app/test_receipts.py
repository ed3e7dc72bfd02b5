"""Reading JPush's callbacks (protocol/jpush.md 9.5, 9.7, 9.10)."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from channels_app.jpush.receipts import CLICKED, DELIVERED, FAILED, ReceiptFact, echo, parse

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENT = datetime(2026, 3, 4, 4, 0, 0, tzinfo=UTC)
SECONDS = int(SENT.timestamp())
ITEM: dict[str, Any] = {
    "registration_id": "1104a89792bbb69299a",
    "msg_id": "18101213529672826",
    "platform": "android",
    "callback_type": 1,
    "sent_time": SECONDS,
    "channel": 0,
    "params": {"ums_batch": "7"},
}
FACT = ReceiptFact("1104a89792bbb69299a", DELIVERED, "18101213529672826", {"ums_batch": "7"}, SENT)
EL_ITEM = {
    "message_id": "18101213529672826",
    "from": "a" * 24,
    "to": "1104a89792bbb69299a",
    "server": "AppPush",
    "channel": "push",
    "custom_args": {"ums_batch": "7"},
    "itime": SECONDS,
    "status": {"message_status": "delivered", "status_data": {}},
}


def read(document: Any) -> list[ReceiptFact]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return parse(body, received_at=NOW)


def one(**changes: Any) -> ReceiptFact:
    item = {key: value for key, value in {**ITEM, **changes}.items() if value is not ...}
    [fact] = read([item])
    return fact


@pytest.mark.parametrize(
    "document",
    [
        [ITEM],
        ITEM,
        {"rows": [ITEM]},
        {"total": 1, "rows": [ITEM]},
        {"data": ITEM},
        {"data": [ITEM]},
        {"total": 1, "messages": [ITEM]},
        {"data": {"rows": [ITEM]}},
        [[ITEM]],
        [None, 5, "text", ITEM],
        {"total": 1, "rows": [EL_ITEM]},
        [EL_ITEM],
        b" \r\n" + json.dumps([ITEM]).encode() + b"\n",
        urlencode({"nonce": "1", "data": json.dumps([ITEM])}).encode(),
        urlencode({"broken": "[oops", "data": json.dumps(ITEM)}).encode(),
    ],
)
def test_a_receipt_is_found_in_every_wrapping(document: Any) -> None:
    assert read(document) == [FACT]


def test_all_receipts_of_a_body_are_read_in_order() -> None:
    kinds = [fact.kind for fact in read([{**ITEM, "callback_type": kind} for kind in (2, 1, 4, 1)])]

    assert kinds == [CLICKED, DELIVERED, FAILED, DELIVERED]


@pytest.mark.parametrize("name", ["registration_id", "registrationId", "regid", "rid", "to"])
def test_the_registration_id_has_many_names(name: str) -> None:
    assert one(**{"registration_id": ..., name: "abc"}).registration_id == "abc"


@pytest.mark.parametrize("name", ["msg_id", "msgid", "message_id"])
@pytest.mark.parametrize("value", [18101213529672826, "18101213529672826"])
def test_the_message_is_known_by_many_names_as_number_or_text(name: str, value: Any) -> None:
    assert one(**{"msg_id": ..., name: value}).msg_id == "18101213529672826"


@pytest.mark.parametrize("value", [..., None, "", "a b", "x" * 65, [1], {"a": 1}, True, "\x00"])
def test_a_msg_id_that_cannot_be_one_is_left_out(value: Any) -> None:
    assert one(msg_id=value).msg_id == ""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, DELIVERED),
        ("1", DELIVERED),
        ("received", DELIVERED),
        ("Delivered", DELIVERED),
        (2, CLICKED),
        ("2", CLICKED),
        ("click", CLICKED),
        ("CLICKED", CLICKED),
        (4, FAILED),
        ("4", FAILED),
    ],
)
@pytest.mark.parametrize("name", ["callback_type", "type", "status"])
def test_the_kind_has_many_names_and_words(name: str, value: Any, kind: int) -> None:
    given = {"message_status": value} if name == "status" else value

    assert one(**{"callback_type": ..., name: given}).kind == kind


@pytest.mark.parametrize(
    "value", [0, 3, 8, "8", "sent", "", 1.0, True, [1], {"a": 1}, 10**30, "\x00"]
)
def test_an_item_of_another_kind_gives_no_fact(value: Any) -> None:
    assert read([{**ITEM, "callback_type": value}]) == []
    assert read([{**ITEM, "callback_type": value}, ITEM]) == [FACT]


@pytest.mark.parametrize(
    "value", [None, "", "a b", "x" * 65, "é", "r\n", 5.5, [], ["r"], {"r": 1}, True]
)
def test_an_item_without_a_real_registration_id_gives_no_fact(value: Any) -> None:
    assert read([{**ITEM, "registration_id": value}]) == []


def test_a_registration_id_may_be_a_number() -> None:
    assert one(registration_id=12345).registration_id == "12345"


@pytest.mark.parametrize("name", ["sent_time", "itime", "time", "timestamp"])
@pytest.mark.parametrize(
    "value",
    [
        SECONDS,
        str(SECONDS),
        float(SECONDS),
        SECONDS * 1000,
        str(SECONDS * 1000),
        "2026-03-04 12:00:00",
        "2026-03-04T12:00:00",
        "2026-03-04T12:00:00+08:00",
        "2026-03-04T04:00:00Z",
    ],
)
def test_the_time_is_read_in_every_form(name: str, value: Any) -> None:
    assert one(**{"sent_time": ..., name: value}).happened_at == SENT


@pytest.mark.parametrize(
    "value",
    [
        *(..., None, "", "yesterday", True, [], {}, -1, 0, 5, "0", 10**20, "9" * 400),
        *("0001-01-01 00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        *(-62_135_596_800, 253_402_300_799, 1e300, -1e300),
    ],
)
def test_without_a_likely_time_it_is_that_of_arrival(value: Any) -> None:
    assert one(sent_time=value).happened_at == NOW


@pytest.mark.parametrize("name", ["params", "custom_args"])
def test_what_the_push_gave_along_comes_back(name: str) -> None:
    assert one(**{"params": ..., name: {"a": "b"}}).params == {"a": "b"}


@pytest.mark.parametrize("value", [..., None, "text", 5, ["a"]])
def test_params_that_are_no_object_are_none(value: Any) -> None:
    assert one(params=value).params == {}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b"a=1&b=2", "not JSON"),
        (b"data=[1", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b'["\xff"]', "not JSON"),
        (b"null", "no receipt"),
        (b"5", "no receipt"),
        (b'"text"', "no receipt"),
        (b"[]", "no receipt"),
        (b'{"rows": []}', "no receipt"),
        (b"[1, 2]", "no receipt"),
        (b"{}", "No known field"),
        (b'{"total": 0, "rows": null}', "No known field in: ['rows', 'total']"),
        (b'[{"b\\u0000": 1, "a": 2}]', r"No known field in: ['a', 'b\x00']"),
    ],
)
def test_a_body_without_receipts_says_what_is_wrong(body: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        read(body)

    assert len(str(caught.value)) <= 255
    assert "\x00" not in str(caught.value)


def poison(place: str) -> list[bytes]:
    """Bodies that hold something monstrous at one place of an otherwise good receipt."""
    mark = f'"{place}": 0'.encode()
    good = json.dumps([{**ITEM, place: 0}]).encode()
    assert mark in good
    deep = [b"[" * depth + b"]" * depth for depth in (100, 300, 600, 900, 960, 990, 2000, 50_000)]
    numbers = [b"9" * 30, b"9" * 400, b"9" * 4500, b"-" + b"9" * 50, b"1e400", b"1e-400"]
    texts = [b'"\\u0000"', b'"' + b"9" * 5000 + b'"', b'"\\ud800"', b'"\xff"', b'"\\u0663"']
    return [
        good.replace(mark, f'"{place}": '.encode() + value) for value in (*deep, *numbers, *texts)
    ]


@pytest.mark.parametrize(
    "place",
    ["registration_id", "msg_id", "callback_type", "sent_time", "params", "channel", "status"],
)
def test_a_monstrous_value_is_at_worst_a_value_error(place: str) -> None:
    for body in poison(place):
        try:
            facts = read(body)
        except ValueError:
            continue
        for fact in facts:
            assert abs((fact.happened_at - NOW).days) < 40_000
            assert "\x00" not in fact.msg_id + fact.registration_id


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"echostr":"12345678"}', "12345678"),
        (b' {"echostr": 5} ', "5"),
        (b'{"echostr":"<script>"}', "<script>"),
        (b'{"echostr":"x","type":1}', None),
        (b'[{"echostr":"x"}]', None),
        (b'{"echostr":["x"]}', None),
        (b'{"echostr":{"x":1}}', None),
        (b"echostr=5", None),
        (b'{"echostr":"\xff"}', None),
        (b'{"echostr":"\\ud800"}', None),
        (b'{"echostr":' + b"9" * 4500 + b"}", None),
        (b'{"echostr":' + b"[" * 5000, None),
        (b'{"echostr":' + b"[" * 900 + b"]" * 900 + b"}", None),
        (b"", None),
    ],
)
def test_a_handshake_is_told_from_receipts(body: bytes, word: str | None) -> None:
    assert echo(body) == word
