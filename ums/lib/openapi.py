"""Describes the calls of the REST API for OpenAPI (3.1) and its page of documentation.

What a call takes and gives is generated from the msgspec structs that its view decodes, so that it
is written once. A description adds words, examples, and the rules that have codes of their own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework.views import APIView

from ums.lib.errors import Code
from ums.lib.json_schema import Fields, components_of

JSON = "application/json"
Text = str | Promise
View = TypeVar("View", bound=type[APIView])


def _said(message: str, **values: Any) -> str:
    text = gettext(message)
    return text % values if values else text


# A sentence of the product's catalogue, filled in as the code that says it does; rendered late.
said = lazy(_said, str)

STATUS_WORDS: dict[int, Text] = {
    200: _("Done."),
    400: _("Refused: the message names value and rule. Nothing has been changed."),
    401: _("The credentials are missing or wrong."),
    403: _("The key is right, but may not make this call."),
    404: _("What the address names does not exist, or belongs to another business line."),
    413: _("The body is larger than the limit."),
    422: _("The Idempotency-Key stands for another request."),
    429: _("The key has used up its calls of this minute."),
    500: _("The server failed; the fault is logged."),
}


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
    """Which credentials a call takes: OpenAPI security schemes, any of them, and their refusals."""

    schemes: Mapping[str, Mapping[str, Any]]
    refusals: tuple[Refusal, ...]


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
    answer: type[msgspec.Struct]
    answers: tuple[Example, ...]
    refusals: tuple[Refusal, ...] = ()
    body: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    answer_headers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
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


def describe(**calls: Call) -> Callable[[View], View]:
    """A decorator that describes a view: `@describe(post=SENT)`, by HTTP method."""

    def decorate(view: View) -> View:
        view.schema = DescribedSchema(calls)
        return view

    return decorate


class DescribedSchema(AutoSchema):
    """Tells drf-spectacular's generator what our description says, instead of guessing."""

    def __init__(self, calls: Mapping[str, Call]) -> None:
        super().__init__()
        self.calls = calls

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        call = self.calls.get(method.lower())
        if call is None:
            return super().get_operation(path, path_regex, path_prefix, method, registry)
        return _operation(call, registry)


def _operation(call: Call, registry: ComponentRegistry) -> dict[str, Any]:
    shapes = [call.answer, call.failure, Failure, *([call.body.shape] if call.body else ())]
    (answer, failure, plain_failure, *body), components = components_of(shapes, call.fields)
    _register(registry, ResolvedComponent.SCHEMA, components)
    _register(registry, ResolvedComponent.SECURITY_SCHEMA, call.keys.schemes)
    operation: dict[str, Any] = {
        "operationId": call.name,
        "tags": [call.group],
        "summary": call.summary,
        "description": call.description,
        "parameters": [parameter.to_openapi() for parameter in call.parameters],
        "security": [{name: []} for name in call.keys.schemes],
    }
    if call.body:
        content = {"schema": body[0], "examples": _examples(call.body.examples)}
        operation["requestBody"] = {"required": True, "content": {call.body.media_type: content}}
    responses = {"200": _response(200, answer, _examples(call.answers), call.answer_headers)}
    for status in sorted({refusal.status for refusal in call.all_refusals()}):
        # No view has a part in 500, so it has the plain form everywhere.
        schema, more = (plain_failure, {}) if status == 500 else (failure, call.failure_values)
        examples = [_failure(each, more) for each in call.all_refusals() if each.status == status]
        headers = call.answer_headers if status == 429 else {}
        responses[str(status)] = _response(status, schema, _examples(examples), headers)
    return {**operation, "responses": responses}


def _register(registry: ComponentRegistry, kind: str, components: Mapping[str, Any]) -> None:
    for name, schema in components.items():
        registry.register_on_missing(ResolvedComponent(name, kind, dict(schema), name))


def _response(
    status: int, schema: Any, examples: dict[str, Any], headers: Mapping[str, Any]
) -> dict[str, Any]:
    response = {
        "description": STATUS_WORDS[status],
        "content": {JSON: {"schema": schema, "examples": examples}},
    }
    return {**response, "headers": {**headers}} if headers else response


def _failure(refusal: Refusal, more: Mapping[str, Any]) -> Example:
    sentence = refusal.sentence()
    value = {"code": int(refusal.code), "message": sentence, **more}
    return Example(f"{int(refusal.code)}: {sentence}", value)


def _examples(examples: Iterable[Example]) -> dict[str, Any]:
    """By a key that stays the same in every language: a failure's code, else a number."""
    found: dict[str, Any] = {}
    for number, example in enumerate(examples, start=1):
        code = example.value.get("code") if isinstance(example.value, dict) else None
        key = str(code or f"example_{number}")
        key = f"{key}_{number}" if key in found else key
        found[key] = {"summary": example.summary, "value": example.value}
    return found
