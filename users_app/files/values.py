"""What may stand in a cell of an uploaded file."""

import datetime
from dataclasses import dataclass
from enum import Enum


class Valueless(Enum):
    """A cell that shows something in Excel but holds no value that the reader would return."""

    ERROR = "error"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Padded:
    """A whole number below `width` digits that Excel shows, or once had, with zeros in front."""

    number: int
    width: int

    def __str__(self) -> str:
        return f"{self.number:0{self.width}d}"


Value = (
    str
    | float
    | int
    | bool
    | datetime.date
    | datetime.time
    | datetime.datetime
    | datetime.timedelta
    | Valueless
    | Padded
)


def text_of(value: Value) -> str:
    """The cell for a person's eyes."""
    match value:
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case Valueless.ERROR:
            return "#ERROR"
        case Valueless.FORMULA:
            return ""
        case Padded():
            return str(value.number)
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return f"{value:.15G}"  # as Excel shows it
    return str(value)


def is_blank(value: Value) -> bool:
    return isinstance(value, str) and not value.strip()
