"""What the documentation of a REST call says; `openapi_schema` makes OpenAPI of it.

What a call takes and gives is generated from the msgspec structs that its view decodes, so that it
is written once. A description adds words, examples, and the rules that have codes of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext

from ums.lib.errors import Code
from ums.lib.json_schema import Fields

JSON = "application/json"
Text = str | Promise


def _said(message: str, **values: Any) -> str:
    text = gettext(message)
    return text % values if values else text


# A sentence of the product's catalogue, filled in as the code that says it does; rendered late.
said = lazy(_said, str)


class Failure(msgspec.Struct):
    """The body of every answer that is not a success."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Example:
    """`value` as it goes over the wire; texts of a lazy translation are rendered."""

    summary: Text
    value: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error that a call can answer; `message` is the English sentence of the code that does.

    It is looked up in the catalogue and filled with `values`, as it is there: nothing of it is
    translated twice.
    """

    status: int
    code: Code
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        return _said(self.message, **self.values)


@dataclass(frozen=True, slots=True)
class Keys:
    """Which credentials a call takes, what is refused about them, what every answer says of them.

    `schemes` are OpenAPI security schemes, any of them; `headers` are OpenAPI header objects.
    """

    schemes: Mapping[str, Mapping[str, Any]]
    refusals: tuple[Refusal, ...]
    headers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the path, the query or a header."""

    name: str
    place: str
    text: Text
    schema: Mapping[str, Any]
    example: Any
    required: bool = False

    def to_openapi(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "in": self.place,
            "description": self.text,
            "required": self.required or self.place == "path",
            "schema": {**self.schema},
            "example": self.example,
        }


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: the type that the view decodes, and examples of it."""

    shape: Any
    examples: tuple[Example, ...]
    media_type: str = JSON
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the API: all that its documentation says."""

    name: str  # OpenAPI's operationId
    group: Text
    summary: Text
    description: Text
    keys: Keys
    # None for a call that always refuses.
    answer: type[msgspec.Struct] | None = None
    answers: tuple[Example, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    body: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    failure: type[Failure] = Failure
    failure_values: Mapping[str, Any] = field(default_factory=dict)  # beside code and message
    fields: Fields = field(default_factory=dict)

    def all_refusals(self) -> tuple[Refusal, ...]:
        of_body = self.body.refusals if self.body else ()
        return (*self.keys.refusals, *of_body, *self.refusals, SERVER_FAILED)


SERVER_FAILED = Refusal(
    500,
    Code.SERVER_ERROR,
    "The server failed. The fault is logged; please tell the administrator.",
)


# Of every call with a JSON body.
BODY_REFUSALS = (
    Refusal(
        400,
        Code.INVALID_PARAMETER,
        "The body is not JSON in UTF-8: %(reason)s.",
        {"reason": "Input data was truncated"},
    ),
    Refusal(
        413,
        Code.INVALID_PARAMETER,
        "The body is larger than the limit of %(limit)d bytes.",
        {"limit": 8_388_608},
    ),
)
