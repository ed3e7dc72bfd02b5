"""Secrets are ciphertext in the database and text in Python."""

import secrets

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django.fixtures import Settings

from channels_app.models import Channel
from ums.lib.encryption import SecretTextField, new_key


def stored_secret(channel: Channel) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT master_secret FROM channels_app_channel WHERE id=%s", [channel.pk])
        value: str = cursor.fetchone()[0]
    return value


def test_a_secret_is_ciphertext_in_the_database(channel: Channel) -> None:
    stored = stored_secret(channel)

    assert channel.master_secret not in stored
    assert stored.startswith("gAAAA")
    assert Channel.objects.get().master_secret == "s" * 24


def test_text_of_any_language_survives(channel: Channel) -> None:
    Channel.objects.update(master_secret="密钥 ' \" \n")

    assert Channel.objects.get().master_secret == "密钥 ' \" \n"


def test_an_update_encrypts_as_well(channel: Channel) -> None:
    Channel.objects.update(master_secret="other")

    assert "other" not in stored_secret(channel)


def test_the_same_text_is_never_the_same_ciphertext(channel: Channel) -> None:
    before = stored_secret(channel)
    channel.save()

    assert stored_secret(channel) != before


def test_a_new_key_in_front_reads_what_the_old_key_wrote(
    channel: Channel, settings: Settings
) -> None:
    old = settings.UMS_ENCRYPTION_KEYS
    new = new_key()
    settings.UMS_ENCRYPTION_KEYS = [new, *old]
    assert Channel.objects.get().master_secret == "s" * 24

    Channel.objects.get().save()

    settings.UMS_ENCRYPTION_KEYS = [new]
    assert Channel.objects.get().master_secret == "s" * 24


def test_a_missing_key_is_named_with_what_to_do(channel: Channel, settings: Settings) -> None:
    settings.UMS_ENCRYPTION_KEYS = [new_key()]

    with pytest.raises(ImproperlyConfigured, match="UMS_ENCRYPTION_KEYS lacks the key"):
        Channel.objects.get()


def test_a_key_may_be_hex_as_well(channel: Channel, settings: Settings) -> None:
    settings.UMS_ENCRYPTION_KEYS = [f" {secrets.token_hex(32)} "]
    channel.save()

    assert Channel.objects.get().master_secret == "s" * 24


@pytest.mark.parametrize(
    "key", ["short", "x" * 64, "é" * 44, secrets.token_hex(16), new_key() + "AAAA", ""]
)
def test_a_malformed_key_is_refused_with_the_forms_that_are_right(
    db: None, settings: Settings, key: str
) -> None:
    settings.UMS_ENCRYPTION_KEYS = [key]

    with pytest.raises(ImproperlyConfigured, match="44 characters") as caught:
        Channel.objects.create(code="a", name="a", app_key="a", master_secret="s")

    assert not key or key not in str(caught.value)


def test_no_key_at_all_is_refused(db: None, settings: Settings) -> None:
    settings.UMS_ENCRYPTION_KEYS = []

    with pytest.raises(ImproperlyConfigured, match="UMS_ENCRYPTION_KEYS is empty"):
        Channel.objects.create(code="a", name="a", app_key="a", master_secret="s")


def test_a_secret_cannot_be_searched_for(channel: Channel) -> None:
    with pytest.raises(TypeError, match="cannot be searched"):
        Channel.objects.filter(master_secret="s" * 24).exists()


def test_only_the_absence_of_a_secret_can_be_asked_for(channel: Channel) -> None:
    assert not Channel.objects.filter(master_secret__isnull=True).exists()


def test_a_missing_value_stays_missing() -> None:
    field = SecretTextField(null=True)

    assert field.get_prep_value(None) is None
    assert field.from_db_value(None, None, connection) is None
