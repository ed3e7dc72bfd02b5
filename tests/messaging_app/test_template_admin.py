"""Templates in the console."""

import html
import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import Channel
from messaging_app.models import Template
from tests.messaging_app.pages import text_of

LIST_URL = reverse("admin:messaging_app_template_changelist")
ADD_URL = reverse("admin:messaging_app_template_add")


@pytest.fixture
def template(channel: Channel) -> Template:
    template = Template.objects.create(
        name="Order shipped", title="Hello {user}", text="Order {order}\ncomes.", extras={"k": "v"}
    )
    template.channels.add(channel)
    return template


@pytest.fixture
def viewer(client: Client, db: None) -> Client:
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_template"))
    client.force_login(user)
    return client


def change_url(template: Template) -> str:
    return reverse("admin:messaging_app_template_change", args=(template.pk,))


def fields(channel: Channel, **changes: Any) -> dict[str, Any]:
    """What a browser sends for the template of this module."""
    return {
        "name": "Order shipped",
        "general": "on",
        "enabled": "on",
        "channels": [channel.pk],
        "title": "Hello {user}",
        "text": "Order {order}\r\ncomes.",
        "intent": "",
        "extras": "k=v",
        **changes,
    }


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


def test_a_template_is_created(admin_client: Client, channel: Channel) -> None:
    data = fields(channel, intent="shop://order/{order}", extras='{"a": {"b": "{用户}"}}')

    response = admin_client.post(ADD_URL, data)

    assert (response.status_code, response["Location"]) == (302, LIST_URL)
    template = Template.objects.get()
    assert (template.name, template.general, template.enabled) == ("Order shipped", True, True)
    assert (template.title, template.text) == ("Hello {user}", "Order {order}\ncomes.")
    assert (template.intent, template.extras) == ("shop://order/{order}", {"a": {"b": "{用户}"}})
    assert list(template.channels.all()) == [channel]


def test_the_add_page_shows_nothing_that_does_not_exist_yet(
    admin_client: Client, channel: Channel
) -> None:
    page = text_of(admin_client.get(ADD_URL))

    assert "Write {{ and }} for braces that are shown." in page
    assert "Example request" not in page
    assert "Template ID" not in page


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "Taken"}, "name", "Template with this Name already exists."),
        ({"channels": []}, "channels", "Choose at least one channel."),
        ({"text": " \r\n "}, "text", "This field is required."),
        ({"text": "x" * 2001}, "text", "at most 2000 characters"),
        ({"text": "Hi {user"}, "text", "“Hi {user” has a single {: write {name}"),
        ({"text": "a\0"}, "text", "Null characters are not allowed."),
        ({"title": "}"}, "title", "has a single }"),
        ({"title": "｛user｝"}, "title", "has full-width braces: write {user}"),
        ({"intent": "shop"}, "intent", "“shop” is no address"),
        ({"intent": "shop://{"}, "intent", "has a single {"),
        ({"extras": "k"}, "extras", "Line 1, “k”, is not of the form key=value."),
        ({"extras": "k={a"}, "extras", "has a single {"),
        ({"extras": '{"a": "x}"}'}, "extras", "has a single }"),
        ({"extras": '{"a": ' + "[" * 20 + "]" * 20 + "}"}, "extras", "more than 16 levels deep"),
    ],
)
def test_a_value_that_breaks_a_rule_is_explained_at_its_field(
    admin_client: Client, channel: Channel, changes: dict[str, Any], field: str, message: str
) -> None:
    Template.objects.create(name="Taken", text="x")

    found = errors(admin_client.post(ADD_URL, fields(channel, **changes)))

    assert list(found) == [field]
    assert message in found[field][0]
    assert Template.objects.count() == 1


@pytest.mark.parametrize("intent", ["{url}", "{url}?a={b}", "action.view", "shop://{id}", ""])
def test_a_link_may_begin_with_a_variable(
    admin_client: Client, channel: Channel, intent: str
) -> None:
    admin_client.post(ADD_URL, fields(channel, intent=intent))

    assert Template.objects.get().intent == intent


def test_the_change_page_tells_how_the_template_is_called(
    admin_client: Client, template: Template
) -> None:
    page = html.unescape(text_of(admin_client.get(change_url(template))))

    assert f'<b class="ums-code">{template.pk}</b>' in page
    assert "user, order" in page
    example = page.partition('aria-label="example request">')[2].partition("</textarea>")[0]
    assert json.loads(example) == {
        "aud_userid": ["user1", "user2"],
        "template_id": template.pk,
        "template_para": {"user": "xxx", "order": "xxx"},
        "app_para": {"platform": "all", "time_to_live": 86400, "apns_production": True},
    }


def test_a_template_without_variables_says_so(admin_client: Client, template: Template) -> None:
    Template.objects.update(title="", text="Sale")

    page = html.unescape(text_of(admin_client.get(change_url(template))))

    assert '"template_para": {}' in page
    assert ">none<" in "".join(page.split())


def test_a_stored_text_that_was_never_checked_can_be_mended(
    admin_client: Client, template: Template
) -> None:
    Template.objects.update(text="broken {")

    assert text_of(admin_client.get(change_url(template))).count("has a single {") == 2


def test_saving_without_changes_changes_nothing(
    admin_client: Client, template: Template, channel: Channel
) -> None:
    admin_client.post(change_url(template), fields(channel))

    assert LogEntry.objects.get().get_change_message() == "No fields changed."
    stored = Template.objects.get()
    assert (stored.text, stored.extras) == (template.text, template.extras)


def test_a_template_is_disabled(admin_client: Client, template: Template, channel: Channel) -> None:
    data = fields(channel, text="New")
    del data["enabled"], data["general"]

    admin_client.post(change_url(template), data)

    stored = Template.objects.get()
    assert (stored.enabled, stored.general, stored.text) == (False, False, "New")
    assert stored.updated_at > template.updated_at
    assert "disabled" in text_of(admin_client.get(LIST_URL))


def test_the_list_is_searched_and_filtered(
    admin_client: Client, template: Template, channel: Channel
) -> None:
    other = Template.objects.create(name="Sale", text="Half price", enabled=False)

    def names(**query: str) -> set[str]:
        return {t.name for t in admin_client.get(LIST_URL, query).context["cl"].result_list}

    assert names() == {"Order shipped", "Sale"}
    assert names(q=str(template.pk)) == {"Order shipped"}
    assert names(q="HALF") == {"Sale"}
    assert names(q=str(other.pk + 1000)) == set()
    assert names(enabled__exact="0") == {"Sale"}
    assert names(channels__id__exact=str(channel.pk)) == {"Order shipped"}


def test_a_longer_list_needs_no_more_queries_and_no_secret(
    admin_client: Client, template: Template, channel: Channel
) -> None:
    admin_client.get(LIST_URL)
    with CaptureQueriesContext(connection) as one:
        admin_client.get(LIST_URL)
    for number in range(19):
        Template.objects.create(name=f"n{number}", text="x").channels.add(channel)

    with CaptureQueriesContext(connection) as twenty:
        page = text_of(admin_client.get(LIST_URL))
    with CaptureQueriesContext(connection) as change:
        admin_client.get(change_url(template))

    assert len(twenty) == len(one)
    assert "App 1" in page
    assert not any('"master_secret"' in query["sql"] for query in [*twenty, *change])


def test_a_viewer_reads_all_and_changes_nothing(
    viewer: Client, template: Template, channel: Channel
) -> None:
    assert "Order shipped" in text_of(viewer.get(LIST_URL))
    page = html.unescape(text_of(viewer.get(change_url(template))))

    assert "Hello {user}" in page
    assert f'"template_id": {template.pk}' in page
    assert 'name="text"' not in page
    assert viewer.post(change_url(template), fields(channel)).status_code == 403
    assert viewer.post(ADD_URL, fields(channel)).status_code == 403


def test_without_the_right_there_are_no_templates(client: Client, template: Template) -> None:
    client.force_login(User.objects.create_user("new", is_staff=True))

    assert client.get(LIST_URL).status_code == 403
    assert client.get(change_url(template)).status_code == 403
