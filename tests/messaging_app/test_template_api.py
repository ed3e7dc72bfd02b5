"""POST /v1/template/sent and /v1/template/broadcast (protocol/ums.md 6)."""

from typing import Any

import pytest

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Message, SensitiveWord, Template
from tests.messaging_app.calls import APP, post

APP_PARA = {"platform": "ios", "time_to_live": 9999, "apns_production": True}


@pytest.fixture
def template(channel: Channel) -> Template:
    made = Template.objects.create(name="Order", title="Hi {user}", text="See {url}")
    made.channels.add(channel)
    return made


def body(template: Template, **changes: Any) -> dict[str, Any]:
    """The example of the original's page, with a template of ours."""
    whole = {
        "aud_userid": ["user1", "user2"],
        "template_id": template.pk,
        "template_para": {"user": "Zhang", "url": "https://x.example"},
        "app_para": APP_PARA,
        "option": {"sendno": "test", "owner": "admin", "priority": 2},
        "callback": {"url": "https://www.jiguang.cn/ums-portal", "params": {"age": 26}},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def test_a_template_is_sent_with_its_values(
    business_line: BusinessLine, channel: Channel, template: Template
) -> None:
    response = post(business_line, "/v1/template/sent", body(template))

    message = Message.objects.get()
    assert response.json() == {
        "code": 0,
        "message": "success",
        "msgid": message.msgid,
        "sendno": "test",
    }
    assert message.content["platform"] == ["ios"]
    assert message.content["notification"]["ios"]["alert"] == {
        "title": "Hi Zhang",
        "body": "See https://x.example",
    }
    assert message.content["options"] == {"time_to_live": 9999, "apns_production": True}
    assert list(message.channels.all()) == [channel]


def test_a_template_broadcast_goes_to_everyone(
    business_line: BusinessLine, template: Template
) -> None:
    response = post(business_line, "/v1/template/broadcast", body(template, aud_userid=...))

    assert response.status_code == 200
    assert Message.objects.get().broadcast


def test_only_the_templates_channels_that_the_line_may_use_are_used(
    business_line: BusinessLine, template: Template, second: Channel
) -> None:
    template.channels.add(second)
    business_line.channels.add(Channel.objects.create(code="c3", name="3", app_key="c"))

    post(business_line, "/v1/template/sent", body(template))

    assert [channel.code for channel in Message.objects.get().channels.all()] == ["app1"]


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"template_id": 4711}, 1015031, "4711"),
        ({"template_id": 2**70}, 1015031, "no template"),
        ({"template_id": ...}, 4004, "template_id"),
        ({"template_id": "10001"}, 4004, "$.template_id"),
        ({"template_para": {"user": "x"}}, 4004, "url"),
        ({"template_para": ...}, 4004, "user"),
        ({"template_para": {"user": None, "url": "x"}}, 4004, "user"),
        ({"app_para": ...}, 1015084, "app_para"),
        ({"app_para": {}}, 1015084, "platform"),
        ({"app_para": {"platform": "symbian"}}, 1015085, "symbian"),
        ({"app_para": {"platform": "all", "time_to_live": 864_001}}, 4004, "864001"),
        ({**APP}, 1015094, "msg_app"),
        ({"msg_sms": [{}]}, 1015094, "msg_sms"),
        ({"aud_userid": ...}, 4004, "audience is empty"),
        ({"aud_userid": [str(n) for n in range(1001)]}, 1015004, "1001"),
        ({"rule_id": 1001}, 1015026, "1001"),
        ({"option": {"black_id": 1234}}, 1015046, "1234"),
        ({"template_para": {"user": "x" * 2000, "url": ""}}, 4004, "2000"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_with_its_code(
    business_line: BusinessLine,
    template: Template,
    changes: dict[str, Any],
    code: int,
    words: str,
) -> None:
    response = post(business_line, "/v1/template/sent", body(template, **changes))

    assert (response.status_code, response.json()["code"]) == (400, code), response.content
    assert words in response.json()["message"]
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("field", "code"), [("general", 1015032), ("enabled", 1015073)], ids=["special", "disabled"]
)
def test_a_template_that_may_not_be_sent_has_its_code(
    business_line: BusinessLine, template: Template, field: str, code: int
) -> None:
    Template.objects.update(**{field: False})

    response = post(business_line, "/v1/template/sent", body(template))

    assert (response.status_code, response.json()["code"]) == (400, code)


def test_without_a_common_channel_nothing_is_accepted(
    business_line: BusinessLine, template: Template, second: Channel
) -> None:
    template.channels.set([second])

    response = post(business_line, "/v1/template/sent", body(template))

    assert (response.status_code, response.json()["code"]) == (400, 1015006)


@pytest.mark.parametrize("path", ["/v1/template/sent", "/v1/sent"])
def test_a_sensitive_word_is_found_wherever_it_comes_from(
    business_line: BusinessLine, template: Template, path: str
) -> None:
    SensitiveWord.objects.create(word="lottery")
    values = {"user": "x", "url": "LOTTERY"}
    app = {"platform": "all", "notification": {"alert": "Win the Lottery"}}
    asked = (
        body(template, template_para=values)
        if path != "/v1/sent"
        else {
            "aud_userid": ["u1"],
            "msg_app": [app],
        }
    )

    response = post(business_line, path, asked)

    assert (response.status_code, response.json()["code"]) == (400, 1015034)
    assert "lottery" in response.json()["message"]
    assert not Message.objects.exists()
