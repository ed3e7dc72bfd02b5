"""Reads what people paste into a form: lists of userids, tags and words; extras; a link."""

import json
import re
from typing import Any

from django.utils.translation import gettext as _

from ums.lib.errors import DomainError

# A full-width blank is \s; the two last come along from spreadsheets and editors.
USERID_SEPARATORS = re.compile(r"[\s,;，；、\ufeff\u200b]+")
TAG_SEPARATORS = re.compile(r"[\r\n,;，；、]+")
ASSIGNMENTS = re.compile(r"[=＝]")


def userids(text: str) -> tuple[str, ...]:
    """Each once, in the order of its first appearance."""
    return _unique(USERID_SEPARATORS.split(text))


def tags(text: str) -> tuple[str, ...]:
    """A tag may hold a blank, so only line breaks, commas and semicolons separate them."""
    return _unique(TAG_SEPARATORS.split(text))


def words(text: str) -> tuple[str, ...]:
    """One per line; a word may hold blanks and commas."""
    return _unique([line.strip("\ufeff\u200b") for line in text.splitlines()])


def intent(text: str) -> str:
    """What a click opens, or ""; DomainError for what is no address."""
    if text and not (text.startswith("action.") or ":" in text):
        raise DomainError(
            _("“%(value)s” is no address: write a deep link such as shop://order/1.")
            % {"value": text[:80]}
        )
    return text


def extras(text: str) -> dict[str, Any]:
    """A JSON object, or one `key=value` per line. DomainError naming the line at fault."""
    if text.lstrip().startswith("{"):
        return _json_object(text)
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        key, sign, value = _assignment(line)
        if not sign or not key:
            raise DomainError(
                _("Line %(number)d, “%(line)s”, is not of the form key=value.")
                % {"number": number, "line": line.strip()[:80]}
            )
        if key in found:
            raise DomainError(
                _("Line %(number)d gives the key “%(key)s” a second time: leave one of them out.")
                % {"number": number, "key": key[:80]}
            )
        found[key] = value
    return found


def _assignment(line: str) -> tuple[str, str, str]:
    """Key, sign and value; full-width signs are what a Chinese keyboard writes."""
    sign = ASSIGNMENTS.search(line)
    if sign is None:
        return line.strip(), "", ""
    return line[: sign.start()].strip(), "=", line[sign.end() :].strip()


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_number)
        # Half a character or NUL: written as an escape JSON has them, PostgreSQL and JPush do not.
        plain = json.dumps(found, ensure_ascii=False, allow_nan=False)
        plain.encode()
    except json.JSONDecodeError as exc:
        raise DomainError(
            _(
                "Line %(number)d is not JSON: %(reason)s. Write an object, or one key=value per"
                " line."
            )
            % {"number": exc.lineno, "reason": exc.msg}
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise DomainError(_("The JSON object holds a value that cannot be sent.")) from exc
    if "\\u0000" in plain:
        raise DomainError(_("The JSON object holds a value that cannot be sent."))
    assert isinstance(found, dict)  # noqa: S101  # it begins with a brace
    return found


def _no_number(constant: str) -> float:
    raise ValueError(constant)


def _unique(parts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in map(str.strip, parts) if part))
