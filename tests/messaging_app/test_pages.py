"""The list of messages."""

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels_app.models import BusinessLine, Channel
from messaging_app.models import Batch, Message
from tests.messaging_app.figures import finish, receive, settle
from tests.messaging_app.makers import accept, add_crowd, expanded
from tests.messaging_app.pages import text_of

URL = reverse("messages:list")


def listed(client: Client, **query: str) -> list[str]:
    """The summaries on a page of the list."""
    return [row.message.summary for row in client.get(URL, query).context["rows"]]


def say(channel: Channel, text: str) -> Message:
    return accept(channel, content={"platform": "all", "notification": {"alert": text}})


def test_an_empty_list_leads_to_the_first_message(admin_client: Client, db: None) -> None:
    page = text_of(admin_client.get(URL))

    assert "Nothing has been sent yet." in page
    assert reverse("messages:compose") in page


def test_a_row_shows_state_progress_and_figures(
    admin_client: Client, channel: Channel, business_line: BusinessLine
) -> None:
    add_crowd(channel, 4)
    message = expanded(channel, line=business_line, everyone=True)
    batch = Batch.objects.get(message=message)
    settle(batch, Batch.State.SENT)
    receive(batch, delivered="r0", clicked="r1")

    page = text_of(admin_client.get(URL))

    assert reverse("messages:report", args=(message.pk,)) in page
    assert '<span class="ums-badge ums-badge-wait">sending</span>' in page
    assert '<progress class="ums-progress" max="4" value="4"' in page
    assert "50.0%" in page  # 1 clicked of 2 delivered, and 2 delivered of 4 accepted
    assert "Shop" in page


def test_an_unexpanded_message_counts_its_audience(admin_client: Client, channel: Channel) -> None:
    accept(channel)

    page = text_of(admin_client.get(URL))

    assert "The audience is being counted." in page
    assert "<progress" not in page


def test_the_newest_stands_first(admin_client: Client, channel: Channel) -> None:
    say(channel, "one")
    say(channel, "two")

    assert listed(admin_client) == ["two", "one"]


def test_the_list_is_searched_by_text_and_msgid(admin_client: Client, channel: Channel) -> None:
    one, _two = say(channel, "Spring sale"), say(channel, "Winter sale")

    assert listed(admin_client, q=" spring ") == ["Spring sale"]
    assert listed(admin_client, q=one.msgid) == ["Spring sale"]
    assert "No message fits this search." in text_of(admin_client.get(URL, {"q": "autumn\0"}))


def test_the_list_is_filtered_by_state(admin_client: Client, channel: Channel) -> None:
    finish(say(channel, "old"))
    say(channel, "new")

    assert listed(admin_client, state="done") == ["old"]
    assert listed(admin_client, state="expanding") == ["new"]
    assert listed(admin_client, state="nonsense") == ["new", "old"]


def test_a_page_holds_25_and_keeps_the_search(admin_client: Client, channel: Channel) -> None:
    for number in range(26):
        say(channel, f"sale {number}")

    first = admin_client.get(URL, {"q": "sale"})

    assert len(first.context["rows"]) == 25
    assert "?q=sale&amp;state=&amp;page=2" in text_of(first)
    assert listed(admin_client, q="sale", page="2") == ["sale 0"]


def test_twenty_messages_cost_as_many_queries_as_one(
    admin_client: Client, admin_user: User, channel: Channel, business_line: BusinessLine
) -> None:
    add_crowd(channel, 2)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            admin_client.get(URL)
        return len(captured)

    expanded(channel, line=business_line, everyone=True)
    one = queries()
    for _number in range(19):
        expanded(channel, line=business_line, everyone=True)
        Message.objects.update(operator=admin_user)

    assert queries() == one


def test_the_list_needs_its_permission(client: Client, db: None) -> None:
    user = User.objects.create_user("someone", is_staff=True)
    assert client.get(URL).status_code == 302
    client.force_login(user)
    assert client.get(URL).status_code == 403

    user.user_permissions.add(Permission.objects.get(codename="view_message"))

    page = client.get(URL)
    assert page.status_code == 200
    assert reverse("messages:compose") not in text_of(page)
