"""POST /v1/sent: request, options, answer and codes (protocol/ums.md 3.1 and 8)."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message, SensitiveWord
from tests.contract.calls import WITHOUT, accepted, assert_refused, changed, reached
from tests.contract.tables import (
    ACCEPTED,
    LINE_REFUSES,
    OTHER_AUDIENCES,
    OTHER_MESSAGES,
    PRIORITIES,
    REFUSED,
    SENDNO,
)
from tests.messaging_app.calls import TO_U1, post

pytestmark = pytest.mark.usefixtures("groups")

PATH = "/v1/sent"
# As it stands in 3.1.
EXAMPLE = b"""
{ "aud_userid": ["user1","user2"],
  "msg_app": [ {"platform":"android","notification":{"android":{"alert":"Hi,JPush !"}}} ],
  "rule_id": 1001,
  "option": {"sendno":"test","owner":"admin","black_id":1234,"priority":2},
  "callback": {"url":"https://www.jiguang.cn/ums-portal","params":{"name":"joe","age":26}} }
"""


def test_the_original_s_example_is_refused_for_its_rule_only(business_line: BusinessLine) -> None:
    assert_refused(business_line, PATH, EXAMPLE, code=1015026, words="1001")

    message = accepted(business_line, PATH, EXAMPLE.replace(b"1001", b"0"))

    assert message.business_line == business_line
    assert message.content == {
        "platform": ["android"],
        "notification": {"android": {"alert": "Hi,JPush !"}},
    }
    assert (message.sendno, message.priority, message.operator) == ("test", 2, None)
    assert reached(message) == {"user1", "user2"}


def test_the_answer_to_a_send(business_line: BusinessLine) -> None:
    response = post(business_line, PATH, TO_U1)

    answer = json.loads(response.content)
    assert response.status_code == 200
    assert list(answer) == ["code", "message", "msgid"]
    assert (answer["code"], answer["message"]) == (0, "success")
    assert re.fullmatch(r"v:1t:[0-9]{10}p:[0-9]+n:[0-9]+", answer["msgid"])
    assert Message.objects.get().msgid == answer["msgid"]


def test_each_call_has_a_msgid_of_its_own(business_line: BusinessLine) -> None:
    assert accepted(business_line, PATH, TO_U1) != accepted(business_line, PATH, TO_U1)


@pytest.mark.parametrize("changes", ACCEPTED)
def test_what_is_accepted_beside_the_message(
    business_line: BusinessLine, changes: dict[str, Any]
) -> None:
    message = accepted(business_line, PATH, {**TO_U1, **changes})

    assert message.content == TO_U1["msg_app"][0]
    assert (message.state, message.operator) == (Message.State.EXPANDING, None)


@pytest.mark.parametrize(("changes", "code", "words"), REFUSED)
def test_what_is_refused_beside_the_message(
    business_line: BusinessLine, changes: dict[str, Any], code: int, words: str
) -> None:
    assert_refused(business_line, PATH, {**TO_U1, **changes}, code=code, words=words)


@pytest.mark.parametrize(("given", "returned"), SENDNO)
def test_sendno_is_returned(business_line: BusinessLine, given: Any, returned: str) -> None:
    answer = post(business_line, PATH, {**TO_U1, "option": {"sendno": given}}).json()

    assert (answer["sendno"], Message.objects.get().sendno) == (returned, returned)


@pytest.mark.parametrize("option", [WITHOUT, None, {}, {"sendno": None}, {"owner": "admin"}])
def test_without_a_sendno_none_is_returned(business_line: BusinessLine, option: Any) -> None:
    assert "sendno" not in post(business_line, PATH, changed(TO_U1, option=option)).json()


@pytest.mark.parametrize(("option", "priority"), PRIORITIES)
def test_priority(business_line: BusinessLine, option: dict[str, Any], priority: int) -> None:
    body = {"aud_app": [{"data": ["r1"]}], "msg_app": TO_U1["msg_app"], "option": option}
    message = accepted(business_line, PATH, body)
    reached(message)

    assert (message.priority, message.batches.get().lane) == (priority, priority)


@pytest.mark.parametrize(("field", "code"), OTHER_MESSAGES)
@pytest.mark.parametrize("content", [[{"template_id": "x"}], [], {}], ids=["full", "[]", "{}"])
def test_a_message_of_a_kind_that_the_line_has_not(
    business_line: BusinessLine, field: str, code: int, content: Any
) -> None:
    body = {**TO_U1, field: content}

    assert_refused(business_line, PATH, body, code=code, words=field)
    del body["msg_app"]
    assert_refused(business_line, PATH, body, code=code, words=field)
    assert accepted(business_line, PATH, {**TO_U1, field: None})


@pytest.mark.parametrize(("field", "code"), OTHER_AUDIENCES)
def test_ids_of_a_kind_that_the_line_has_not(
    business_line: BusinessLine, field: str, code: int
) -> None:
    ids = [{"instance": field.removeprefix("aud_"), "data": ["x"]}]

    assert_refused(business_line, PATH, {**TO_U1, field: ids}, code=code, words=field)
    assert accepted(business_line, PATH, {**TO_U1, field: None})


@pytest.mark.parametrize(("values", "code", "words"), LINE_REFUSES)
def test_a_line_that_may_not_send_now(
    business_line: BusinessLine, values: dict[str, Any], code: int, words: str
) -> None:
    BusinessLine.objects.update(**values)

    assert_refused(business_line, PATH, TO_U1, code=code, words=words)


@pytest.mark.parametrize("owner", [None, "", "nobody", "gone", "a\x00b", 7])
def test_with_audit_an_owner_must_be_an_operator(business_line: BusinessLine, owner: Any) -> None:
    BusinessLine.objects.update(api_approval=True)
    User.objects.create_user("gone", is_active=False)
    body = {**TO_U1, "option": {"owner": owner}}

    assert_refused(business_line, PATH, body, code=1015023, words="option.owner")


def test_with_audit_a_message_waits_under_its_owner_s_account(business_line: BusinessLine) -> None:
    BusinessLine.objects.update(api_approval=True)
    owner = User.objects.create_user("admin")

    message = accepted(business_line, PATH, {**TO_U1, "option": {"owner": "admin"}})

    assert (message.state, message.operator) == (Message.State.PENDING_APPROVAL, owner)


@pytest.mark.parametrize("change", ["disabled", "not authorised"])
def test_without_an_app_channel_nothing_is_sent(
    business_line: BusinessLine, channel: Channel, change: str
) -> None:
    if change == "disabled":
        Channel.objects.update(enabled=False)
    else:
        business_line.channels.clear()

    assert_refused(business_line, PATH, TO_U1, code=1015006, words="no enabled App channel")


@pytest.mark.parametrize(
    "content",
    [
        {"notification": {"alert": "Win the LOTTERY"}},
        {"notification": {"android": {"alert": "Hi", "title": "lottery"}}},
        {"notification": {"ios": {"alert": {"body": "ｌｏｔｔｅｒｙ"}}}},
        {"message": {"msg_content": "lottery"}},
        {"notification": {"android": {"alert": "Hi", "extras": {"k": "lottery"}}}},
    ],
    ids=["alert", "title", "alert as object", "msg_content", "extras"],
)
def test_a_sensitive_word_is_refused(business_line: BusinessLine, content: dict[str, Any]) -> None:
    SensitiveWord.objects.create(word="lottery")
    body = {**TO_U1, "msg_app": [{"platform": "all", **content}]}

    assert_refused(business_line, PATH, body, code=1015034, words="lottery")
