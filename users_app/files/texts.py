"""Takes the text out of a cell, unless Excel has changed it into something else."""

import re

from django.utils.translation import gettext as _

from users_app.changes import RefusedError, shown
from users_app.files.values import Padded, Value, Valueless, text_of

_SEPARATORS = re.compile(r"[,;，；\r\n]+")
# What Excel writes for a long number: 1.1E+17.
_EXPONENT = re.compile(r"[0-9]+(\.[0-9]+)?[Ee][+-][0-9]+\Z")
# What is left of an error where a sheet was saved or pasted as text.
_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#ERROR"})
_EXACT_DIGITS = 15  # Excel keeps no more


def cell_text(value: Value) -> str:
    """RefusedError says what became of the text, and how to bring it back."""
    match value:
        case str():
            text = value.strip()
            if text[:1] == "#" and text in _ERRORS:
                raise _excel_error()
            return text
        case Valueless.ERROR:
            raise _excel_error()
        case Valueless.FORMULA:
            raise RefusedError(
                _(
                    "The cell holds a formula without a stored result. Open the file in Excel and"
                    " save it, or put the value itself there."
                )
            )
        case bool():
            raise _turned_into(_("TRUE or FALSE"), value)
        case Padded():
            if len(digits := str(value.number)) < value.width:
                raise _lost_zeros(digits, str(value))
            return digits
        case int() | float() if _is_exact(value):
            return str(int(value))
        case int() | float():
            raise _turned_into(_("a number, and may have lost digits"), value)
    raise _turned_into(_("a date or time"), value)


def id_text(value: Value) -> str:
    """As `cell_text`, for what must not have become a number on its way here."""
    text = cell_text(value)
    if _EXPONENT.match(text):
        raise _turned_into(_("a number, and may have lost digits"), text)
    return text


def parts_of(text: str) -> list[str]:
    """Several values of one cell."""
    parts = (part.strip() for part in _SEPARATORS.split(text))
    return [part for part in parts if part]


def padded(value: Value, width: int, *, untyped: bool) -> Value:
    """`value` as one that lost its zeros, if it is a number of less than `width` digits.

    Where all cells are texts (`untyped`), any digits may have been a number.
    """
    if isinstance(value, str):
        digits = value.strip()
        short = untyped and digits.isdecimal() and digits[0] != "0" and len(digits) < width
        return Padded(int(digits), width) if short else value
    if isinstance(value, bool) or not isinstance(value, float | int):
        return value
    if value < 0 or not _is_exact(value) or len(str(int(value))) >= width:
        return value
    return Padded(int(value), width)


def _is_exact(number: float) -> bool:
    return abs(number) < 10**_EXACT_DIGITS and number == int(number)


def _excel_error() -> RefusedError:
    return RefusedError(_("The cell holds an error of Excel. Put the value itself there."))


def _lost_zeros(digits: str, with_zeros: str) -> RefusedError:
    return RefusedError(
        _(
            "Excel dropped the zeros in front of this id: the cell holds the number %(digits)s"
            " where ids have %(width)d digits, maybe %(text)s. Format the column as text in an"
            " .xlsx and enter the id again."
        )
        % {"digits": digits, "width": len(with_zeros), "text": with_zeros}
    )


def _turned_into(kind: str, value: Value) -> RefusedError:
    return RefusedError(
        _(
            "Excel turned this into %(kind)s: “%(value)s”. Format the column as text and enter the"
            " value again."
        )
        % {"kind": kind, "value": shown(text_of(value))}
    )
