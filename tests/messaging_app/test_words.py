"""Sensitive words are found in what a message says."""

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from messaging_app import words
from messaging_app.models import SensitiveWord
from messaging_app.notification import Notification
from ums.lib.errors import DomainError


def saying(text: str) -> dict[str, Any]:
    return Notification(title="Hello", text=text).to_push()


def found_in(content: dict[str, Any]) -> str | None:
    """What the refusal says, or None."""
    try:
        words.check(content)
    except DomainError as exc:
        return f"{exc.code:d} {exc.message}"
    return None


def test_a_word_is_named(db: None) -> None:
    words.add(words=["赌博", "casino"])

    assert found_in(saying("来网上赌博吧")) == (
        "1015034 The message holds the sensitive word “赌博”: write it without."
    )
    assert found_in(saying("Chess")) is None


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("casino", "The CASINO"),
        ("CaSiNo", "the casino"),
        ("casino", "ｃａｓｉｎｏ"),
        ("ＶＰＮ", "vpn"),
        ("straße", "STRASSE"),
        ("ﬁx", "FIX"),
        ("caf\u00e9", "CAFE\u0301"),
        ("two words", "Two Words"),
        ("a", "a"),
        ("2026", "a 2026 b"),
    ],
)
def test_case_and_width_do_not_matter(db: None, word: str, text: str) -> None:
    words.add(words=[word])

    assert f"“{word}”" in str(found_in(saying(text)))


def test_the_beginning_of_one_word_does_not_hide_another(db: None) -> None:
    words.add(words=["abcd", "abx", "b"])

    assert "“b”" in str(found_in(saying("abcb")))
    assert "“abx”" in str(found_in(saying("abcabx".replace("b", "", 1))))


@pytest.mark.parametrize(
    "content",
    [
        {"notification": {"alert": "bad"}},
        {"notification": {"ios": {"alert": {"title": "x", "body": "very bad"}}}},
        {"notification": {"android": {"big_text": "bad", "alert": "ok"}}},
        {"notification": {"android": {"inbox": {"1": "fine", "2": "bad"}}}},
        {"notification": {"android": {"extras": {"a": [["bad"]]}}}},
        {"message": {"msg_content": "bad"}},
        {"message": {"msg_content": "x", "title": "bad"}},
        {"live_activity": {"ios": {"content-state": {"text": "bad"}}}},
        {"inapp_message": {"title": "bad"}},
        {"notification_3rd": {"content": "bad"}},
    ],
)
def test_every_text_of_the_push_is_looked_at(db: None, content: dict[str, Any]) -> None:
    words.add(words=["bad"])

    assert found_in({"platform": "all", **content})


@pytest.mark.parametrize(
    "content",
    [
        {"platform": ["ios"]},
        {"options": {"sendno": "ios", "third_party_channel": {"ios": "ios"}}},
        {"callback": {"url": "http://ios.example"}},
        {"notification": {"ios": {"alert": "Hi"}}},  # a key
        {"notification": {"ios": {"badge": 1, "mutable-content": True, "sound": None}}},
        {"notification": {"android": {"title": "i", "alert": "os"}}},  # two texts
    ],
)
def test_what_no_person_reads_is_not_looked_at(db: None, content: dict[str, Any]) -> None:
    words.add(words=["ios"])

    assert found_in(content) is None


def test_without_words_nothing_is_read(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        words.check(saying("anything"))

    assert len(queries) == 1


def test_a_second_check_asks_only_whether_the_list_has_changed(db: None) -> None:
    words.add(words=["bad"])
    words.check(saying("good"))

    with CaptureQueriesContext(connection) as queries:
        words.check(saying("good"))

    assert len(queries) == 1


def test_each_change_of_the_list_counts_at_once(db: None) -> None:
    words.add(words=["one"])
    assert found_in(saying("one"))

    # As another process writes it: past every cache of this one.
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO messaging_app_sensitiveword (word) VALUES ('two')")
    assert found_in(saying("two"))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM messaging_app_sensitiveword WHERE word='two'")
        cursor.execute("INSERT INTO messaging_app_sensitiveword (word) VALUES ('three')")
    assert found_in(saying("two")) is None
    assert found_in(saying("three"))
    SensitiveWord.objects.all().delete()
    assert found_in(saying("one two three")) is None


def test_only_new_words_are_added(db: None) -> None:
    assert words.add(words=["VPN", "casino"]) == 2
    assert words.add(words=["vpn", "ＶＰＮ", "Poker", "poker"]) == 1
    assert words.add(words=[]) == 0

    assert set(SensitiveWord.objects.values_list("word", flat=True)) == {"VPN", "casino", "poker"}


def test_many_words_are_added_in_few_queries(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert words.add(words=[f"word{n}" for n in range(5000)]) == 5000

    assert len(queries) < 20


def test_thousands_of_words_and_a_long_text_cost_little(db: None) -> None:
    words.add(words=[f"{chr(0x4E00 + n % 2000)}{chr(0x5000 + n)}词{n}" for n in range(10_000)])
    content = saying("".join(chr(0x4E00 + n % 2000) for n in range(4000)))
    words.check(content)

    began = time.process_time()
    words.check(content)

    assert time.process_time() - began < 0.25  # about 0.01 s on one busy core
