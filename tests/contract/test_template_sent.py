"""POST /v1/template/sent: a general template with one call's values (protocol/ums.md 3.2, 6, 8)."""

import re
from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message, SensitiveWord, Template
from tests.contract.calls import WITHOUT, accepted, assert_refused, changed, reached
from tests.contract.tables import (
    ACCEPTED,
    AUDIENCE_REFUSED,
    LINE_REFUSES,
    OTHER_AUDIENCES,
    OTHER_MESSAGES,
    PRIORITIES,
    REFUSED,
    SENDNO,
)
from tests.contract.tables import TEMPLATE_BODY as BODY
from tests.messaging_app.calls import post

pytestmark = pytest.mark.usefixtures("groups", "template")

PATH = "/v1/template/sent"
# As it stands in section 6.
EXAMPLE = b"""
{"aud_userid":["user1","user2"],"template_id":10001,"template_para":{"user":"xxx","url":"xxx"},
 "app_para":{"platform":"ios","time_to_live":9999,"apns_production":true},"rule_id":1001,
 "option":{"sendno":"test","owner":"admin","black_id":1234,"priority":2},
 "callback":{"url":"https://www.jiguang.cn/ums-portal","params":{"name":"joe","age":26}}}
"""


def test_the_original_s_example_is_refused_for_its_rule_only(
    business_line: BusinessLine, channel: Channel
) -> None:
    assert_refused(business_line, PATH, EXAMPLE, code=1015026, words="1001")

    message = accepted(business_line, PATH, EXAMPLE.replace(b"1001,", b"0,"))

    assert message.content["platform"] == ["ios"]
    assert message.content["notification"]["ios"]["alert"] == {"title": "Hi xxx", "body": "xxx"}
    assert message.content["options"] == {"time_to_live": 9999, "apns_production": True}
    assert (message.sendno, message.priority) == ("test", 2)
    assert list(message.channels.all()) == [channel]
    assert reached(message) == {"user1", "user2"}


def test_the_answer_is_that_of_a_plain_send(business_line: BusinessLine) -> None:
    answer = post(business_line, PATH, BODY).json()

    assert list(answer) == ["code", "message", "msgid"]
    assert re.fullmatch(r"v:1t:[0-9]{10}p:[0-9]+n:[0-9]+", answer["msgid"])


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("audience", "targets"),
    [
        pytest.param({"aud_userid": ["u1", "u4"]}, {"app1/r1", "u4"}, id="userids"),
        pytest.param({"aud_tag": ["vip"]}, {"app1/r1", "u4"}, id="a tag of the line first"),
        pytest.param({"aud_segment": ["1000"]}, {"app1/r2", "app1/r2b", "app1/r3"}, id="segment"),
        pytest.param({"aud_app": [{"data": ["r1"]}]}, {"app1/r1"}, id="custom ids"),
        pytest.param(
            {"aud_app": [{"data": ["r1"]}], "rule_id": 1001}, {"app1/r1"}, id="ids take no rule"
        ),
        pytest.param(
            {"aud_userid": ["u2", "u3"], "option": {"black_id": 1234}}, {"app1/r3"}, id="black_id"
        ),
    ],
)
def test_whom_an_audience_reaches_through_the_template_s_channels(
    business_line: BusinessLine, audience: dict[str, Any], targets: set[str]
) -> None:
    """The line may use app2 as well, which the template does not go to."""
    body = changed(BODY, **{"aud_userid": WITHOUT, **audience})

    assert reached(accepted(business_line, PATH, body)) == targets


@pytest.mark.usefixtures("crowd")
def test_only_channels_of_both_template_and_line_are_used(
    business_line: BusinessLine, template: Template, foreign: BusinessLine
) -> None:
    template.channels.add(foreign.channels.get(), Channel.objects.get(code="app2"))
    Channel.objects.filter(code="app2").update(enabled=False)
    body = {**BODY, "aud_userid": ["u1", "u5"]}

    assert reached(accepted(business_line, PATH, body)) == {"app1/r1", "u5"}

    template.channels.set(foreign.channels.all())
    response = post(business_line, PATH, body)
    assert (response.status_code, response.json()["code"]) == (400, 1015006)


@pytest.mark.parametrize(("audience", "code", "words"), AUDIENCE_REFUSED)
def test_an_audience_that_is_refused(
    business_line: BusinessLine, audience: dict[str, Any], code: int, words: str
) -> None:
    body = changed(BODY, **{"aud_userid": WITHOUT, **audience})

    assert_refused(business_line, PATH, body, code=code, words=words)


@pytest.mark.parametrize("field", ["msg_app", *(row.values[0] for row in OTHER_MESSAGES)])
@pytest.mark.parametrize("content", [[{"platform": "all"}], []], ids=["full", "[]"])
def test_no_msg_may_be_given(business_line: BusinessLine, field: Any, content: Any) -> None:
    body = {**BODY, field: content}

    assert_refused(business_line, PATH, body, code=1015094, words=field)
    assert accepted(business_line, PATH, {**BODY, field: None})


@pytest.mark.parametrize(("field", "code"), OTHER_AUDIENCES)
def test_ids_of_a_kind_that_the_line_has_not(
    business_line: BusinessLine, field: str, code: int
) -> None:
    assert_refused(business_line, PATH, {**BODY, field: []}, code=code, words=field)


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_is_accepted_beside_the_template(
    business_line: BusinessLine, changes: dict[str, Any]
) -> None:
    message = accepted(business_line, PATH, {**BODY, **changes})

    assert message.summary == "https://x.example"


@pytest.mark.parametrize(("changes", "code", "words"), REFUSED)
def test_what_is_refused_beside_the_template(
    business_line: BusinessLine, changes: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, {**BODY, **changes}, code=code, words=words)


@pytest.mark.parametrize(("given", "returned"), SENDNO)
def test_sendno_is_returned(business_line: BusinessLine, given: Any, returned: str) -> None:
    answer = post(business_line, PATH, {**BODY, "option": {"sendno": given}}).json()

    assert (answer["sendno"], Message.objects.get().sendno) == (returned, returned)


@pytest.mark.parametrize(("option", "priority"), PRIORITIES)
def test_priority(business_line: BusinessLine, option: dict[str, Any], priority: int) -> None:
    assert accepted(business_line, PATH, {**BODY, "option": option}).priority == priority


@pytest.mark.parametrize(("values", "code", "words"), LINE_REFUSES)
def test_a_line_that_may_not_send_now(
    business_line: BusinessLine, values: dict[str, Any], code: int, words: str
) -> None:
    BusinessLine.objects.update(**values)

    assert_refused(business_line, PATH, BODY, code=code, words=words)


def test_a_sensitive_word_in_a_value_is_refused(business_line: BusinessLine) -> None:
    SensitiveWord.objects.create(word="lottery")
    body = {**BODY, "template_para": {"user": "x", "url": "LOTTERY"}}

    assert_refused(business_line, PATH, body, code=1015034, words="lottery")
