"""The list of channels in the console."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from channels_app.models import Channel

LIST_URL = "/console/channels_app/channel/"


def test_the_list_is_searched_and_filtered(admin_client: Client, channel: Channel) -> None:
    Channel.objects.create(
        code="zz9", name="Other", app_key="abc", master_secret="s", enabled=False
    )

    def names(query: dict[str, str]) -> list[str]:
        page = admin_client.get(LIST_URL, query)
        return [found.name for found in page.context["cl"].result_list]

    assert names({}) == ["App 1", "Other"]
    assert names({"q": "zz9"}) == names({"q": "other"}) == names({"q": "abc"}) == ["Other"]
    assert names({"enabled__exact": "0"}) == ["Other"]
    assert names({"cloud__exact": "private"}) == []


def test_the_list_tells_state_and_verification_in_words(
    admin_client: Client, channel: Channel
) -> None:
    page = admin_client.get(LIST_URL).content.decode()
    assert "enabled" in page
    assert "not yet" in page

    Channel.objects.update(verified_at=timezone.now(), last_callback_at=timezone.now())
    page = admin_client.get(LIST_URL).content.decode()
    assert "not yet" not in page


def test_a_longer_list_needs_no_more_queries(admin_client: Client, channel: Channel) -> None:
    admin_client.get(LIST_URL)
    with CaptureQueriesContext(connection) as one:
        admin_client.get(LIST_URL)
    for number in range(19):
        Channel.objects.create(code=f"n{number}", name=f"n{number}", app_key="k", master_secret="s")

    with CaptureQueriesContext(connection) as twenty:
        admin_client.get(LIST_URL)

    assert len(twenty) == len(one)
    assert not any('"master_secret"' in query["sql"] for query in twenty)
