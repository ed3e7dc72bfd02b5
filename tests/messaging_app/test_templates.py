"""A template and the values of one call become the content of a message."""

from typing import Any

import msgspec
import pytest

from channels_app.models import Channel
from messaging_app import templates
from messaging_app.app_para import AppPara
from messaging_app.content import normalise
from messaging_app.models import Template
from ums.lib.errors import Code, DomainError


@pytest.fixture
def template(channel: Channel) -> Template:
    template = Template.objects.create(
        name="Order shipped",
        title="Hello {user}",
        text="Order {order} is on its way.",
        intent="shop://order/{order}",
        extras={"order": "{order}", "kind": "shipped"},
    )
    template.channels.add(channel)
    return template


def pushed(template: Template, app_para: dict[str, Any], **para: Any) -> dict[str, Any]:
    """The checked content for values as they come from JSON."""
    return normalise(
        templates.content(template=template, para=para, app_para=msgspec.convert(app_para, AppPara))
    )


def code_of(template: Template, app_para: dict[str, Any], **para: Any) -> Code:
    with pytest.raises(DomainError) as caught:
        pushed(template, app_para, **para)
    return caught.value.code


def test_a_template_is_found_by_its_id(template: Template) -> None:
    assert templates.find(template.pk) == template


@pytest.mark.parametrize("template_id", [0, -1, 4_000_000, 2**70])
def test_an_unknown_template_has_its_code(template: Template, template_id: int) -> None:
    with pytest.raises(DomainError, match=f"There is no template {template_id}.") as caught:
        templates.find(template_id)
    assert caught.value.code == 1015031


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        ({"general": False}, 1015032, "is not a general template"),
        ({"enabled": False}, 1015073, "is disabled"),
        ({"general": False, "enabled": False}, 1015032, "is not a general template"),
    ],
)
def test_a_template_that_may_not_be_sent_has_its_code(
    template: Template, state: dict[str, bool], code: int, words: str
) -> None:
    Template.objects.update(**state)

    with pytest.raises(DomainError, match=f"Template {template.pk} {words}") as caught:
        templates.find(template.pk)
    assert caught.value.code == code


def test_the_push_for_all_platforms_is_filled_in(template: Template) -> None:
    text = "Order 12 is on its way."
    extras = {"order": "12", "kind": "shipped"}

    assert pushed(template, {"platform": "all"}, user="Li", order=12) == {
        "platform": "all",
        "notification": {
            "alert": text,
            "android": {
                "alert": text,
                "title": "Hello Li",
                "extras": extras,
                "intent": {"url": "shop://order/12"},
            },
            "ios": {
                "alert": {"title": "Hello Li", "body": text},
                "sound": "default",
                "badge": "+1",
                "mutable-content": True,
                "extras": extras,
            },
            "hmos": {
                "alert": text,
                "title": "Hello Li",
                "extras": extras,
                "intent": {"url": "shop://order/12"},
            },
        },
        "options": {"time_to_live": 86_400, "apns_production": True},
    }


@pytest.mark.parametrize(
    ("platform", "named", "parts"),
    [
        ("ios", ["ios"], {"ios"}),
        (["ios"], ["ios"], {"ios"}),
        (["hmos", "android"], ["hmos", "android"], {"android", "hmos"}),
        (["android", "quickapp"], ["android", "quickapp"], {"alert", "android"}),
        ("web", ["web"], {"alert"}),
        (["quickapp", "web"], ["quickapp", "web"], {"alert"}),
    ],
)
def test_each_named_platform_gets_the_text(
    template: Template, platform: Any, named: list[str], parts: set[str]
) -> None:
    push = pushed(template, {"platform": platform}, user="Li", order=12)

    assert push["platform"] == named
    assert set(push["notification"]) == parts


def test_the_options_are_taken_from_app_para(template: Template) -> None:
    app_para = {"platform": "ios", "time_to_live": 0, "apns_production": False}

    push = pushed(template, app_para, user="Li", order=12)

    assert push["options"] == {"time_to_live": 0, "apns_production": False}


@pytest.mark.parametrize("platform", [None, "", []])
def test_a_missing_platform_has_its_code(template: Template, platform: Any) -> None:
    assert code_of(template, {"platform": platform}, user="Li", order=1) == 1015084
    assert code_of(template, {}, user="Li", order=1) == 1015084


@pytest.mark.parametrize(
    "platform", ["symbian", ["ios", "symbian"], ["all"], 5, {"ios": True}, [[]]]
)
def test_a_wrong_platform_has_its_code(template: Template, platform: Any) -> None:
    assert code_of(template, {"platform": platform}, user="Li", order=1) == 1015085


@pytest.mark.parametrize("seconds", [-1, 864_001])
def test_a_time_to_live_out_of_range_is_refused(template: Template, seconds: int) -> None:
    app_para = {"platform": "all", "time_to_live": seconds}

    assert code_of(template, app_para, user="Li", order=1) == Code.INVALID_PARAMETER


def test_app_para_is_required(template: Template) -> None:
    with pytest.raises(DomainError, match="app_para is missing") as caught:
        templates.content(template=template, para={"user": "Li", "order": 1}, app_para=None)
    assert caught.value.code == Code.PLATFORM_MISSING


def test_missing_values_of_all_parts_are_named_together(template: Template) -> None:
    with pytest.raises(DomainError, match="has no value for: user, order"):
        pushed(template, {"platform": "all"})


def test_a_template_without_variables_needs_no_values(template: Template) -> None:
    Template.objects.update(title="", text="Sale!", intent="", extras={})
    template.refresh_from_db()

    push = pushed(template, {"platform": "android"})

    assert push["notification"] == {"android": {"alert": "Sale!"}}


@pytest.mark.parametrize("value", ["", " \n"])
def test_a_text_that_its_values_leave_empty_is_refused(template: Template, value: str) -> None:
    Template.objects.update(text="{order}")
    template.refresh_from_db()

    with pytest.raises(DomainError, match=f"the text of template {template.pk} is empty"):
        pushed(template, {"platform": "all"}, user="Li", order=value)


def test_a_stored_text_that_was_never_checked_is_refused(template: Template) -> None:
    Template.objects.update(text="broken {")
    template.refresh_from_db()

    with pytest.raises(DomainError, match=r"has a single \{"):
        pushed(template, {"platform": "all"}, user="Li", order=1)


def test_the_example_request_can_be_sent(template: Template) -> None:
    body = templates.example_request(template)

    assert body["template_id"] == template.pk
    assert body["template_para"] == {"user": "xxx", "order": "xxx"}
    pushed(templates.find(body["template_id"]), body["app_para"], **body["template_para"])
