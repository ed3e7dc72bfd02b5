"""The limits of the API in the console, on the pages of business lines and access keys."""

import html
from datetime import time
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from channels_app.models import AccessKey, BusinessLine, Channel
from channels_app.services import KeyHolder


def url_of(holder: KeyHolder) -> str:
    return reverse(f"admin:channels_app_{holder._meta.model_name}_change", args=(holder.pk,))


def page_of(client: Client, holder: KeyHolder) -> str:
    response: Any = client.get(url_of(holder))
    return html.unescape(response.content.decode())


def save(client: Client, line: BusinessLine, **values: str) -> Any:
    """The answer to the page of `line` sent with these limits."""
    return client.post(url_of(line), {"name": line.name, "enabled": "on", **values})


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    errors: dict[str, list[str]] = response.context["adminform"].form.errors
    return errors


def test_every_limit_of_a_business_line_is_set(
    admin_client: Client, business_line: BusinessLine
) -> None:
    response = save(
        admin_client,
        business_line,
        api_approval="on",
        calls_per_minute="600",
        broadcasts_per_day="0",
        quiet_from="22:00",
        quiet_until="08:00",
    )

    assert response.status_code == 302
    stored = BusinessLine.objects.get()
    assert stored.api_approval
    assert (stored.calls_per_minute, stored.broadcasts_per_day) == (600, 0)
    assert (stored.quiet_from, stored.quiet_until) == (time(22), time(8))
    assert stored.master_secret == business_line.master_secret


def test_empty_limits_are_none(admin_client: Client, business_line: BusinessLine) -> None:
    BusinessLine.objects.update(
        api_approval=True,
        calls_per_minute=1,
        broadcasts_per_day=1,
        quiet_from=time(1),
        quiet_until=time(2),
    )

    assert save(admin_client, business_line).status_code == 302

    stored = BusinessLine.objects.get()
    assert not stored.api_approval
    assert (stored.calls_per_minute, stored.broadcasts_per_day) == (None, None)
    assert (stored.quiet_from, stored.quiet_until) == (None, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_until": "08:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"quiet_from": "late", "quiet_until": "08:00"}, "quiet_from"),
        ({"calls_per_minute": "0"}, "calls_per_minute"),
        ({"calls_per_minute": "-1"}, "calls_per_minute"),
        ({"broadcasts_per_day": "-1"}, "broadcasts_per_day"),
        ({"broadcasts_per_day": "x"}, "broadcasts_per_day"),
    ],
)
def test_a_wrong_limit_is_refused_at_its_field_and_nowhere_else(
    admin_client: Client, business_line: BusinessLine, values: dict[str, str], field: str
) -> None:
    errors = errors_of(save(admin_client, business_line, **values))

    assert list(errors) == [field]
    assert len(errors[field]) == 1
    stored = BusinessLine.objects.get()
    assert (stored.quiet_from, stored.calls_per_minute, stored.broadcasts_per_day) == (None,) * 3


def test_the_page_explains_every_limit_and_names_the_time_zone(
    admin_client: Client, business_line: BusinessLine, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"

    page = page_of(admin_client, business_line)

    assert "Limits of the API" in page
    for words in (
        "waits until an operator approves it",
        "Further calls of the minute are refused",
        "Further broadcasts by API are refused",
        "refused in these hours",
        "The first moment that is not quiet",
        "the server's time zone, Europe/Berlin",
    ):
        assert words in page


def test_an_access_key_is_limited_and_freed(admin_client: Client, access_key: AccessKey) -> None:
    url, form = url_of(access_key), {"name": "User data", "enabled": "on"}
    assert "Further calls of the minute are refused" in page_of(admin_client, access_key)

    admin_client.post(url, {**form, "calls_per_minute": "5"})
    assert AccessKey.objects.get().calls_per_minute == 5
    admin_client.post(url, form)
    assert AccessKey.objects.get().calls_per_minute is None
    assert "calls_per_minute" in errors_of(
        admin_client.post(url, {**form, "calls_per_minute": "0"})
    )


def test_a_new_line_and_a_new_key_have_no_limit(admin_client: Client, channel: Channel) -> None:
    for model in ("businessline", "accesskey"):
        admin_client.post(f"/console/channels_app/{model}/add/", {"name": "New"})

    assert BusinessLine.objects.get().calls_per_minute is None
    assert AccessKey.objects.get().calls_per_minute is None


def test_a_viewer_reads_what_is_set_and_what_is_not(
    client: Client, business_line: BusinessLine
) -> None:
    BusinessLine.objects.update(quiet_from=time(22, 15), quiet_until=time(8))
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_businessline"))
    client.force_login(viewer)

    page = page_of(client, business_line)

    assert "10:15 p.m." in page
    assert "not set" in page
    assert "not yet" not in page
