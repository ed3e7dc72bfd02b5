"""Sensitive words in the console."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from messaging_app import words
from messaging_app.models import SensitiveWord
from messaging_app.template_forms import MAX_WORDS_AT_ONCE
from tests.messaging_app.pages import text_of

LIST_URL = reverse("admin:messaging_app_sensitiveword_changelist")
ADD_URL = reverse("admin:messaging_app_sensitiveword_add")


def word_list() -> list[str]:
    return list(SensitiveWord.objects.order_by("id").values_list("word", flat=True))


def operator(client: Client, *rights: str) -> Client:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


def test_many_words_are_added_at_once(admin_client: Client) -> None:
    words.add(words=["VPN"])

    response = admin_client.post(
        ADD_URL, {"words": "\ufeffcasino\r\n\r\n  two words \r\nvpn\r\n赌博\r\n赌博"}
    )

    assert (response.status_code, response["Location"]) == (302, LIST_URL)
    assert word_list() == ["VPN", "casino", "two words", "赌博"]
    assert [str(m) for m in get_messages(response.wsgi_request)] == ["3 words added."]
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.get_change_message()) == ("3 words added.",) * 2


def test_words_that_are_all_listed_are_no_mistake(admin_client: Client) -> None:
    words.add(words=["VPN"])

    page = text_of(admin_client.post(ADD_URL, {"words": "vpn"}, follow=True))

    assert "All these words are listed already." in page
    assert word_list() == ["VPN"]
    assert not LogEntry.objects.exists()


def test_the_largest_list_is_added(admin_client: Client) -> None:
    admin_client.post(ADD_URL, {"words": "\r\n".join(f"w{n}" for n in range(MAX_WORDS_AT_ONCE))})

    assert SensitiveWord.objects.count() == MAX_WORDS_AT_ONCE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Write at least one word."),
        (" \r\n\u200b", "Write at least one word."),
        ("fine\r\n" + "x" * 65, f"“{'x' * 40}…” is no word: it has more than 64 characters."),
        (
            "\r\n".join(f"w{n}" for n in range(MAX_WORDS_AT_ONCE + 1)),
            "These are 10,001 words; add at most 10,000 at once.",
        ),
        ("a\0b", "Null characters are not allowed."),
    ],
)
def test_a_list_that_breaks_a_rule_is_explained_and_nothing_added(
    admin_client: Client, text: str, message: str
) -> None:
    response = admin_client.post(ADD_URL, {"words": text})

    assert response.status_code == 400
    assert message in text_of(response)
    assert word_list() == []


def test_words_are_listed_searched_and_deleted(admin_client: Client) -> None:
    words.add(words=["casino", "poker"])
    poker = SensitiveWord.objects.get(word="poker")

    assert "casino" in text_of(admin_client.get(LIST_URL))
    page = text_of(admin_client.get(LIST_URL, {"q": "POK"}))
    assert "poker" in page
    assert "casino" not in page
    admin_client.post(
        LIST_URL, {"action": "delete_selected", "_selected_action": [poker.pk], "post": "yes"}
    )

    assert word_list() == ["casino"]


def test_a_word_is_not_changed(admin_client: Client) -> None:
    words.add(words=["casino"])
    url = reverse(
        "admin:messaging_app_sensitiveword_change", args=(SensitiveWord.objects.get().pk,)
    )

    assert 'name="word"' not in text_of(admin_client.get(url))
    assert admin_client.post(url, {"word": "other"}).status_code == 403
    assert word_list() == ["casino"]


def test_a_viewer_neither_adds_nor_deletes(client: Client, db: None) -> None:
    words.add(words=["casino"])
    word = SensitiveWord.objects.get()
    viewer = operator(client, "view_sensitiveword")

    assert "casino" in text_of(viewer.get(LIST_URL))
    assert viewer.get(ADD_URL).status_code == 403
    assert viewer.post(ADD_URL, {"words": "poker"}).status_code == 403
    url = reverse("admin:messaging_app_sensitiveword_delete", args=(word.pk,))
    assert viewer.post(url, {"post": "yes"}).status_code == 403
    assert word_list() == ["casino"]


def test_the_right_to_add_is_enough_to_add(client: Client, db: None) -> None:
    adder = operator(client, "view_sensitiveword", "add_sensitiveword")

    assert "Add the words" in text_of(adder.get(ADD_URL))
    adder.post(ADD_URL, {"words": "poker"})

    assert word_list() == ["poker"]


def test_a_stranger_is_sent_to_sign_in(client: Client, db: None) -> None:
    response = client.post(ADD_URL, {"words": "poker"})

    assert response.status_code == 302
    assert "/login/" in response["Location"]
    assert word_list() == []
