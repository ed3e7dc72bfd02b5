"""A text column that is encrypted at rest, with keys from the environment."""

import base64
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class SecretTextField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs only
    """Plain text in Python, Fernet ciphertext in the database.

    The first of `UMS_ENCRYPTION_KEYS` encrypts, all of them decrypt, so a key is replaced by
    putting the new one in front. Look-ups by value are meaningless and refused.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        return _cipher(tuple(settings.UMS_ENCRYPTION_KEYS)).encrypt(str(value).encode()).decode()

    def from_db_value(
        self, value: str | None, expression: object, connection: BaseDatabaseWrapper
    ) -> str | None:
        if value is None:
            return None
        try:
            return _cipher(tuple(settings.UMS_ENCRYPTION_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken as exc:
            raise ImproperlyConfigured(
                "A stored secret cannot be decrypted: UMS_ENCRYPTION_KEYS lacks the key that"
                " encrypted it. Add the old key behind the new one."
            ) from exc

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise TypeError("Encrypted text cannot be searched.")


def new_key() -> str:
    """A fresh value for `UMS_ENCRYPTION_KEYS`."""
    return Fernet.generate_key().decode()


@lru_cache(maxsize=8)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("UMS_ENCRYPTION_KEYS is empty: set at least one key.")
    return MultiFernet([Fernet(_key_bytes(key)) for key in keys])


def _key_bytes(key: str) -> bytes:
    """32 bytes, written as URL-safe base64 (44 characters) or as hex (64 characters)."""
    text = key.strip()
    try:
        if len(text) == 64:
            raw = bytes.fromhex(text)
        else:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ImproperlyConfigured(
            "UMS_ENCRYPTION_KEYS must hold 32-byte keys, separated by commas, each in URL-safe"
            " base64 (44 characters) or hex (64 characters)."
        )
    return base64.urlsafe_b64encode(raw)
