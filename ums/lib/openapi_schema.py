"""Makes OpenAPI (3.1) of what is said about the calls of a view."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from rest_framework.views import APIView

from ums.lib.json_schema import components_of
from ums.lib.openapi import JSON, Call, Example, Failure, Refusal, Text

View = TypeVar("View", bound=type[APIView])

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
    shapes = {"failure": call.failure, "500": Failure, "200": call.answer}
    shapes |= {"body": call.body.shape if call.body else None}
    schemas, components = components_of(shapes, call.fields)
    _register(registry, ResolvedComponent.SCHEMA, components)
    _register(registry, ResolvedComponent.SECURITY_SCHEMA, call.keys.schemes)
    operation: dict[str, Any] = {
        "operationId": call.name,
        "tags": [call.group],
        "summary": call.summary,
        "description": call.description,
        "parameters": [parameter.to_openapi() for parameter in call.parameters],
        "security": [{name: []} for name in call.keys.schemes],
        "responses": dict(_responses(call, schemas)),
    }
    if call.body:
        content = {"schema": schemas["body"], "examples": _examples(call.body.examples)}
        operation["requestBody"] = {"required": True, "content": {call.body.media_type: content}}
    return operation


def _responses(call: Call, schemas: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    examples: dict[int, list[Example]] = {200: list(call.answers)} if call.answer else {}
    for refusal in call.all_refusals():
        # No view has a part in 500, so it has the plain form everywhere.
        more = {} if refusal.status == 500 else call.failure_values
        examples.setdefault(refusal.status, []).append(_failure(refusal, more))
    for status in sorted(examples):
        schema = schemas.get(str(status), schemas["failure"])
        response = {
            "description": STATUS_WORDS[status],
            "content": {JSON: {"schema": schema, "examples": _examples(examples[status])}},
        }
        # Of a wrong key nothing is counted.
        headers = call.keys.headers if status != 401 else {}
        yield str(status), {**response, "headers": {**headers}} if headers else response


def _register(registry: ComponentRegistry, kind: str, components: Mapping[str, Any]) -> None:
    for name, schema in components.items():
        registry.register_on_missing(ResolvedComponent(name, kind, dict(schema), name))


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
