"""Idempotency-Key: a repeated call finds the first message."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app import idempotency
from messaging_app.models import IdempotencyKey, Message
from tests.messaging_app.calls import APP, TO_U1, header_of


def call(line: BusinessLine, body: Any, key: str, path: str = "/v1/sent") -> Any:
    headers = {"Authorization": header_of(line), "Idempotency-Key": key}
    return Client().post(path, body, content_type="application/json", headers=headers)


def test_the_same_key_and_body_give_the_first_msgid(business_line: BusinessLine) -> None:
    body = {**TO_U1, "option": {"sendno": "7"}}

    first, second = call(business_line, body, "k1"), call(business_line, body, "k1")

    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert second.json()["sendno"] == "7"
    assert Message.objects.count() == 1


def test_blanks_and_the_order_of_keys_do_not_make_another_body(business_line: BusinessLine) -> None:
    one = b'{"aud_userid":["u1"],"msg_app":[{"platform":"all","notification":{"alert":"Hi"}}]}'
    other = b'{"msg_app": [{"notification":{"alert":"Hi"},"platform":"all"}],"aud_userid":["u1"]}'

    assert call(business_line, one, "k").json() == call(business_line, other, "k").json()


@pytest.mark.parametrize(
    ("body", "path"),
    [({**TO_U1, "aud_userid": ["u2"]}, "/v1/sent"), (APP, "/v1/broadcast")],
    ids=["another body", "another call"],
)
def test_a_key_that_was_used_for_something_else_is_refused(
    business_line: BusinessLine, body: Any, path: str
) -> None:
    call(business_line, TO_U1, "k1")

    response = call(business_line, body, "k1", path)

    assert (response.status_code, response.json()["code"]) == (422, 4004)
    assert "k1" in response.json()["message"]
    assert Message.objects.count() == 1


def test_a_repetition_succeeds_although_a_new_send_would_be_refused(
    business_line: BusinessLine, channel: Channel
) -> None:
    first = call(business_line, TO_U1, "k1")
    Channel.objects.update(enabled=False)

    assert call(business_line, TO_U1, "k1").json() == first.json()
    assert call(business_line, TO_U1, "k2").json()["code"] == 1015006


def test_a_refused_call_leaves_its_key_free(business_line: BusinessLine) -> None:
    refused = call(business_line, {"aud_userid": ["u1"], "msg_app": []}, "k1")
    accepted = call(business_line, TO_U1, "k1")

    assert (refused.status_code, accepted.status_code) == (400, 200)


def test_keys_belong_to_a_line(business_line: BusinessLine, channel: Channel) -> None:
    other = BusinessLine.objects.create(name="Bank")
    other.channels.add(channel)

    answers = {call(line, TO_U1, "k1").json()["msgid"] for line in (business_line, other)}

    assert len(answers) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_refused(business_line: BusinessLine, key: str) -> None:
    response = call(business_line, TO_U1, key)

    assert (response.status_code, response.json()["code"]) == (400, 4004)
    assert "255" in response.json()["message"]
    assert not Message.objects.exists()


def test_a_key_of_255_characters_is_kept(business_line: BusinessLine) -> None:
    assert call(business_line, TO_U1, "x" * 255).status_code == 200
    assert IdempotencyKey.objects.get().key == "x" * 255


def test_a_key_is_free_again_after_thirty_days(business_line: BusinessLine) -> None:
    first = call(business_line, TO_U1, "k1").json()["msgid"]
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=30, minutes=1))

    second = call(business_line, {**TO_U1, "aud_userid": ["u2"]}, "k1").json()["msgid"]

    assert first != second
    assert IdempotencyKey.objects.get().message.msgid == second


def test_old_keys_are_forgotten_and_their_messages_stay(business_line: BusinessLine) -> None:
    call(business_line, TO_U1, "old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=31))
    call(business_line, TO_U1, "new")

    idempotency.forget_old()

    assert [kept.key for kept in IdempotencyKey.objects.all()] == ["new"]
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_make_one_message(business_line: BusinessLine) -> None:
    answers: list[Any] = []
    start = threading.Barrier(4)

    def post() -> None:
        try:
            start.wait(10)
            answers.append(call(business_line, TO_U1, "k1").json())
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(answers) == 4
    assert {answer["msgid"] for answer in answers} == {Message.objects.get().msgid}
