"""POST /v1/template/broadcast: as /v1/template/sent, to everyone (protocol/ums.md 3.2, 6, 8)."""

from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message, SensitiveWord, Template
from tests.contract.calls import WITHOUT, accepted, assert_refused, changed, reached, refusal
from tests.contract.tables import (
    ACCEPTED,
    LINE_REFUSES,
    OTHER_AUDIENCES,
    OTHER_MESSAGES,
    REFUSED,
    SENDNO,
    TEMPLATE_BODY,
)
from tests.messaging_app.calls import post

pytestmark = pytest.mark.usefixtures("groups", "template")

PATH = "/v1/template/broadcast"
BODY = changed(TEMPLATE_BODY, aud_userid=WITHOUT)
EVERYONE = {"app1/r1", "app1/r2", "app1/r2b", "app1/r3", "app1/shared"}


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("option", "targets"),
    [
        pytest.param({}, EVERYONE, id="everyone with a device in the template's channels"),
        pytest.param({"black_id": 1234}, EVERYONE - {"app1/r2", "app1/r2b"}, id="black_id"),
        pytest.param({"white_id": 1235}, {"app1/r2", "app1/r2b"}, id="white_id"),
    ],
)
def test_whom_a_broadcast_reaches(
    business_line: BusinessLine, option: dict[str, Any], targets: set[str]
) -> None:
    message = accepted(business_line, PATH, {**BODY, "option": option})

    assert message.broadcast
    assert reached(message) == targets


def test_the_original_s_example_without_its_audience(business_line: BusinessLine) -> None:
    body = {
        "template_id": 10001,
        "template_para": {"user": "xxx", "url": "xxx"},
        "app_para": {"platform": "ios", "time_to_live": 9999, "apns_production": True},
        "rule_id": 0,
        "option": {"sendno": "test", "owner": "admin", "black_id": 1234, "priority": 2},
        "callback": {
            "url": "https://www.jiguang.cn/ums-portal",
            "params": {"name": "joe", "age": 26},
        },
    }

    message = accepted(business_line, PATH, body)

    assert (message.sendno, message.content["platform"]) == ("test", ["ios"])
    assert message.content["options"] == {"time_to_live": 9999, "apns_production": True}


@pytest.mark.parametrize("field", ["aud_userid", "aud_tag", "aud_segment", "aud_app"])
def test_no_audience_may_be_given(business_line: BusinessLine, field: str) -> None:
    assert_refused(business_line, PATH, {**BODY, field: []}, code=4004, words=field)
    assert accepted(business_line, PATH, {**BODY, field: None}).broadcast


@pytest.mark.parametrize(("field", "code"), OTHER_AUDIENCES)
def test_ids_of_a_kind_that_the_line_has_not(
    business_line: BusinessLine, field: str, code: int
) -> None:
    assert_refused(business_line, PATH, {**BODY, field: []}, code=code, words=field)


@pytest.mark.parametrize("field", ["msg_app", *(row.values[0] for row in OTHER_MESSAGES)])
def test_no_msg_may_be_given(business_line: BusinessLine, field: Any) -> None:
    assert_refused(business_line, PATH, {**BODY, field: [{}]}, code=1015094, words=field)


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_is_accepted_beside_the_template(
    business_line: BusinessLine, changes: dict[str, Any]
) -> None:
    assert accepted(business_line, PATH, {**BODY, **changes}).broadcast


@pytest.mark.parametrize(("changes", "code", "words"), REFUSED)
def test_what_is_refused_beside_the_template(
    business_line: BusinessLine, changes: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, {**BODY, **changes}, code=code, words=words)


@pytest.mark.parametrize(("given", "returned"), SENDNO)
def test_sendno_is_returned(business_line: BusinessLine, given: Any, returned: str) -> None:
    answer = post(business_line, PATH, {**BODY, "option": {"sendno": given}}).json()

    assert (answer["sendno"], Message.objects.get().sendno) == (returned, returned)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param(changes, code, words, id=fact)
        for fact, changes, code, words in [
            ("template_id is required", {"template_id": WITHOUT}, 4004, "template_id"),
            ("an unknown template", {"template_id": 4711}, 1015031, "4711"),
            ("template_para names each variable", {"template_para": {}}, 4004, "user, url"),
            ("app_para is required", {"app_para": WITHOUT}, 1015084, "app_para is missing"),
            ("its platform is required", {"app_para": {}}, 1015084, "platform is missing"),
            ("a wrong platform", {"app_para": {"platform": "x"}}, 1015085, "'x'"),
        ]
    ],
)
def test_the_template_is_checked(
    business_line: BusinessLine, changes: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, changed(BODY, **changes), code=code, words=words)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        pytest.param("general", 1015032, id="not a general template"),
        pytest.param("enabled", 1015073, id="an invalidated template"),
    ],
)
def test_a_template_that_may_not_be_sent(
    business_line: BusinessLine, field: str, code: int
) -> None:
    Template.objects.update(**{field: False})

    assert_refused(business_line, PATH, BODY, code=code, words="10001")


@pytest.mark.parametrize(("values", "code", "words"), LINE_REFUSES)
def test_a_line_that_may_not_send_now(
    business_line: BusinessLine, values: dict[str, Any], code: int, words: str
) -> None:
    BusinessLine.objects.update(**values)

    assert_refused(business_line, PATH, BODY, code=code, words=words)


def test_without_an_app_channel_nothing_is_sent(business_line: BusinessLine) -> None:
    Channel.objects.update(enabled=False)

    assert_refused(business_line, PATH, BODY, code=1015006, words="no enabled App channel")


def test_a_sensitive_word_in_a_value_is_refused(business_line: BusinessLine) -> None:
    SensitiveWord.objects.create(word="lottery")
    body = {**BODY, "template_para": {"user": "x", "url": "LOTTERY"}}

    assert_refused(business_line, PATH, body, code=1015034, words="lottery")


def test_broadcasts_of_both_kinds_share_the_day_s_number(business_line: BusinessLine) -> None:
    BusinessLine.objects.update(broadcasts_per_day=2)
    accepted(business_line, PATH, BODY)
    plain = {"msg_app": [{"platform": "all", "notification": {"alert": "Hi"}}]}
    accepted(business_line, "/v1/broadcast", plain)

    refusal(post(business_line, PATH, BODY), code=1015029, words="2 broadcasts")
    assert Message.objects.count() == 2
