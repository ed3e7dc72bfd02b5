"""The {placeholders} of a template: finds them and fills them in (docs/templates.md).

Text here is a JSON value: a string, or an object or list of strings at any depth. Placeholders
stand in values; the keys of an object are taken as they are.
"""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ums.lib.errors import DomainError

# \w is what has a name's letters, digits, underscores and Chinese characters.
PIECE = re.compile(r"\{\{|\}\}|\{(\w+)\}|[{}]")
# What a Chinese keyboard writes for {name}.
WIDE_PLACEHOLDER = re.compile(r"｛\s*(\w+)\s*｝")
# No platform takes more (protocol/jpush.md 2.7), and no body can blow up a template.
MAX_VALUE_LENGTH = 4000
TOO_LARGE = 10**MAX_VALUE_LENGTH
MAX_DEPTH = 16  # with the levels around it, less than content.MAX_DEPTH
KINDS = {
    bool: gettext_lazy("true or false"),
    type(None): gettext_lazy("null"),
    dict: gettext_lazy("an object"),
    list: gettext_lazy("a list"),
}


def variables(part: Any) -> tuple[str, ...]:
    """The names in `part`, each once, in the order of their first appearance.

    DomainError where a brace is neither part of a placeholder nor written twice.
    """
    return tuple(dict.fromkeys(name for text in _texts(part) for name in _names(text)))


def check_braces(part: Any) -> None:
    """What an operator types: as `variables`, and no placeholder with full-width braces."""
    for text in _texts(part):
        if wide := WIDE_PLACEHOLDER.search(text):
            raise DomainError(
                _("“%(text)s” has full-width braces: write {%(name)s} with the braces { and }.")
                % {"text": wide[0][:80], "name": wide[1][:80]}
            )
    variables(part)


def fill(part: Any, para: Mapping[str, Any]) -> Any:
    """`part` with the values of `para`, texts and numbers, in place of its placeholders.

    Values are not searched for placeholders; those that no placeholder names are ignored.
    DomainError naming every variable that has no value, or the one whose value cannot be shown.
    """
    names = variables(part)
    if missing := [name for name in names if name not in para]:
        raise DomainError(
            _("template_para has no value for: %(names)s. The template needs each of them.")
            % {"names": ", ".join(missing)}
        )
    return _filled(part, {name: _shown(name, para[name]) for name in names})


def _texts(part: Any, depth: int = 0) -> Iterator[str]:
    if depth > MAX_DEPTH:
        raise DomainError(
            _("The extras are nested more than %(limit)d levels deep.") % {"limit": MAX_DEPTH}
        )
    if isinstance(part, str):
        yield part
    for child in _children(part):
        yield from _texts(child, depth + 1)


def _children(part: Any) -> list[Any]:
    if isinstance(part, Mapping):
        return list(part.values())
    return part if isinstance(part, list) else []


def _names(text: str) -> Iterator[str]:
    for piece in PIECE.finditer(text):
        if name := piece[1]:
            yield name
        elif len(piece[0]) == 1:
            around = text[max(piece.start() - 10, 0) : piece.end() + 20].strip()
            raise DomainError(
                _(
                    "“%(text)s” has a single %(brace)s: write {name}, of letters, digits and _,"
                    " for a value; write {{ and }} for braces that are shown."
                )
                % {"text": around, "brace": piece[0]}
            )


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return PIECE.sub(lambda piece: values[piece[1]] if piece[1] else piece[0][0], part)
    if isinstance(part, Mapping):
        return {key: _filled(child, values) for key, child in part.items()}
    return [_filled(child, values) for child in part] if isinstance(part, list) else part


def _shown(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else _number(name, value)
    if len(text) > MAX_VALUE_LENGTH:
        raise _too_long(name)
    # PostgreSQL stores no NUL, and half a character (a lone surrogate) has no bytes.
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise DomainError(
            _("template_para.%(name)s holds a character that cannot be sent.") % {"name": name}
        )
    return text


def _number(name: str, value: Any) -> str:
    """Without an exponent."""
    if isinstance(value, float) and math.isfinite(value):
        return format(Decimal(repr(value)), "f")
    if isinstance(value, bool) or not isinstance(value, int):
        kind = str(KINDS.get(type(value), type(value).__name__))
        raise DomainError(
            _("template_para.%(name)s must be a text or a number, not %(kind)s.")
            % {"name": name, "kind": kind}
        )
    if abs(value) >= TOO_LARGE:  # Python itself refuses to write it
        raise _too_long(name)
    return str(value)


def _too_long(name: str) -> DomainError:
    return DomainError(
        _("template_para.%(name)s is longer than %(limit)d characters.")
        % {"name": name, "limit": MAX_VALUE_LENGTH}
    )
