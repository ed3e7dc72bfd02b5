"""POST /v1/broadcast: as /v1/sent, to everyone (protocol/ums.md 3.1, 4, 8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message
from tests.contract.calls import accepted, assert_refused, reached, refusal
from tests.contract.tables import (
    ACCEPTED,
    LINE_REFUSES,
    OTHER_AUDIENCES,
    OTHER_MESSAGES,
    PRIORITIES,
    REFUSED,
    SENDNO,
)
from tests.messaging_app.calls import APP, TO_U1, post

pytestmark = pytest.mark.usefixtures("groups")

PATH = "/v1/broadcast"
EVERYONE = {"app1/r1", "app2/s1", "app1/r2", "app1/r2b", "app1/r3", "app1/shared"}


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("option", "targets"),
    [
        pytest.param({}, EVERYONE, id="everyone with a device in the line's channels"),
        pytest.param({"black_id": 1234}, EVERYONE - {"app1/r2", "app1/r2b"}, id="black_id"),
        pytest.param({"white_id": 1235}, {"app1/r2", "app1/r2b"}, id="white_id"),
    ],
)
def test_whom_a_broadcast_reaches(
    business_line: BusinessLine, option: dict[str, Any], targets: set[str]
) -> None:
    message = accepted(business_line, PATH, {**APP, "option": option})

    assert message.broadcast
    assert reached(message) == targets


def test_the_original_s_example_without_its_audience(business_line: BusinessLine) -> None:
    body = {
        "msg_app": [{"platform": "android", "notification": {"android": {"alert": "Hi,JPush !"}}}],
        "rule_id": 0,
        "option": {"sendno": "test", "owner": "admin", "black_id": 1234, "priority": 2},
        "callback": {
            "url": "https://www.jiguang.cn/ums-portal",
            "params": {"name": "joe", "age": 26},
        },
    }

    message = accepted(business_line, PATH, body)

    assert (message.sendno, message.summary) == ("test", "Hi,JPush !")
    assert message.content["platform"] == ["android"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param(field, value, id=f"{field} {value}")
        for field, full in {
            "aud_userid": ["u1"],
            "aud_tag": ["vip"],
            "aud_segment": ["1000"],
            "aud_app": [{"data": ["r1"]}],
        }.items()
        for value in (full, [])
    ],
)
def test_no_audience_may_be_given(business_line: BusinessLine, field: str, value: Any) -> None:
    assert_refused(business_line, PATH, {**APP, field: value}, code=4004, words=field)
    assert accepted(business_line, PATH, {**APP, field: None}).broadcast


@pytest.mark.parametrize(("field", "code"), OTHER_AUDIENCES)
def test_ids_of_a_kind_that_the_line_has_not(
    business_line: BusinessLine, field: str, code: int
) -> None:
    assert_refused(business_line, PATH, {**APP, field: []}, code=code, words=field)


@pytest.mark.parametrize(("field", "code"), OTHER_MESSAGES)
def test_a_message_of_a_kind_that_the_line_has_not(
    business_line: BusinessLine, field: str, code: int
) -> None:
    assert_refused(business_line, PATH, {**APP, field: [{}]}, code=code, words=field)


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_is_accepted_beside_the_message(
    business_line: BusinessLine, changes: dict[str, Any]
) -> None:
    assert accepted(business_line, PATH, {**APP, **changes}).broadcast


@pytest.mark.parametrize(("changes", "code", "words"), REFUSED)
def test_what_is_refused_beside_the_message(
    business_line: BusinessLine, changes: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, {**APP, **changes}, code=code, words=words)


@pytest.mark.parametrize(("given", "returned"), SENDNO)
def test_sendno_is_returned(business_line: BusinessLine, given: Any, returned: str) -> None:
    answer = post(business_line, PATH, {**APP, "option": {"sendno": given}}).json()

    assert (answer["sendno"], Message.objects.get().sendno) == (returned, returned)


@pytest.mark.parametrize(("option", "priority"), PRIORITIES)
def test_priority(business_line: BusinessLine, option: dict[str, Any], priority: int) -> None:
    assert accepted(business_line, PATH, {**APP, "option": option}).priority == priority


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        pytest.param({}, 4004, "msg_app is missing", id="without msg_app"),
        pytest.param({"msg_app": []}, 4004, "msg_app is missing", id="msg_app is empty"),
        pytest.param({"msg_app": [{}]}, 1015084, "platform", id="without platform"),
        pytest.param({"msg_app": [{"platform": "x"}]}, 1015085, "x", id="a wrong platform"),
    ],
)
def test_the_message_is_checked(
    business_line: BusinessLine, body: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, body, code=code, words=words)


@pytest.mark.parametrize(("values", "code", "words"), LINE_REFUSES)
def test_a_line_that_may_not_send_now(
    business_line: BusinessLine, values: dict[str, Any], code: int, words: str
) -> None:
    BusinessLine.objects.update(**values)

    assert_refused(business_line, PATH, APP, code=code, words=words)


def test_without_an_app_channel_nothing_is_sent(business_line: BusinessLine) -> None:
    Channel.objects.update(enabled=False)

    assert_refused(business_line, PATH, APP, code=1015006, words="no enabled App channel")


@pytest.mark.parametrize("limit", [0, 2])
def test_the_broadcasts_of_a_day_are_limited(business_line: BusinessLine, limit: int) -> None:
    accepted(business_line, PATH, APP)
    Message.objects.update(created_at=timezone.now() - timedelta(days=1))  # counts no more
    BusinessLine.objects.update(broadcasts_per_day=limit)
    for _number in range(limit):
        accepted(business_line, PATH, APP)

    response = post(business_line, PATH, APP)

    refusal(response, code=1015029, words=f"{limit} broadcasts")
    assert Message.objects.count() == 1 + limit
    assert accepted(business_line, "/v1/sent", TO_U1)
