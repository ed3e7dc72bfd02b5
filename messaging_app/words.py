"""Sensitive words: finds them in what a message says (protocol/ums.md 8, code 1015034)."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from messaging_app.models import SensitiveWord
from ums.lib.errors import Code, DomainError
from ums.lib.sql import take_turns

# Top-level keys of a push that no person reads.
SILENT_KEYS = ("platform", "audience", "options", "callback", "cid")
ROWS_PER_INSERT = 1000
Version = tuple[Any, ...]
_VERSION = (
    f"SELECT COUNT(id), MAX(id), SUM(id), MIN(word), MAX(word) FROM {SensitiveWord._meta.db_table}"
)


@dataclass(frozen=True, slots=True)
class _Index:
    """`words` by their folded form; `lengths` of the folded words that begin with a character."""

    words: dict[str, str]
    lengths: dict[str, tuple[int, ...]]

    def first_in(self, text: str) -> str | None:
        """The word, as it is listed, that stands first in the folded `text`."""
        for start, character in enumerate(text):
            for length in self.lengths.get(character, ()):
                if word := self.words.get(text[start : start + length]):
                    return word
        return None


def check(content: Mapping[str, Any]) -> None:
    """DomainError naming the first sensitive word in any text of the push object `content`.

    Upper and lower case, full and half width are the same. Check the content's size before: the
    time is in proportion to it, whatever the number of words.
    """
    version = _version()
    if not version[0]:
        return
    seen = (value for key, value in content.items() if key not in SILENT_KEYS)
    # NUL belongs to no word, so none is found across two texts.
    text = folded("\0".join(dict.fromkeys(_texts(seen))))
    if word := _index(version).first_in(text):
        raise DomainError(
            _("The message holds the sensitive word “%(word)s”: write it without.")
            % {"word": word},
            Code.SENSITIVE_WORD,
        )


def add(*, words: Iterable[str]) -> int:
    """Add those that are not listed yet in another case or width; how many they were."""
    with transaction.atomic():
        take_turns("sensitive words")
        fresh = {folded(word): word for word in words}
        for word in SensitiveWord.objects.values_list("word", flat=True).order_by():
            fresh.pop(folded(word), None)
        SensitiveWord.objects.bulk_create(
            [SensitiveWord(word=word) for word in fresh.values()], batch_size=ROWS_PER_INSERT
        )
    return len(fresh)


def folded(text: str) -> str:
    """Equal for texts that differ in case or width only."""
    # Folding may take characters apart again, hence the second time.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _version() -> Version:
    """Changes with the list, so that every process sees a new word at once.

    A word is never changed, only added and deleted. The words at both ends are for ids that come
    again: after a rollback, or in a restored backup.
    """
    with connection.cursor() as cursor:  # each submission asks: the ORM would take longer than it
        cursor.execute(_VERSION)
        return tuple(cursor.fetchone())


@lru_cache(maxsize=1)
def _index(_version: Version) -> _Index:
    stored = SensitiveWord.objects.values_list("word", flat=True).order_by()
    words = {folded(word): word for word in stored}
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[:1], set()).add(len(word))
    return _Index(words, {first: tuple(sorted(found)) for first, found in lengths.items()})


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """The strings among `values` and at any depth below them."""
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
