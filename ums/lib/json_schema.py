"""JSON Schema of msgspec structs, with what a type cannot say added from notes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.utils.functional import Promise

REF = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Note:
    """What the type of a field does not say: words, further JSON Schema, or a nearer `shape`.

    Documentation only. The rule is kept by the code that answers with its own error code.
    """

    text: str | Promise = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    shape: Any = None


# By the name on the wire.
Fields = Mapping[type[msgspec.Struct], Mapping[str, Note]]


def components_of(
    shapes: Iterable[Any], fields: Fields
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The schema of each of `shapes`, and the components that these refer to, by name.

    KeyError where `fields` has a note on a field that does not exist.
    """
    shapes = list(shapes)
    nearer = {
        (struct.__name__, name): note.shape
        for struct, notes in fields.items()
        for name, note in notes.items()
        if note.shape is not None
    }
    schemas, raw = msgspec.json.schema_components([*shapes, *nearer.values()], ref_template=REF)
    replaced = dict(zip(nearer, (_plain(s) for s in schemas[len(shapes) :]), strict=True))
    components = {name: _plain(schema) for name, schema in raw.items()}
    for struct, notes in fields.items():
        if (component := components.get(struct.__name__)) is None:
            continue
        properties = component["properties"]
        for name, note in notes.items():
            own = properties[name]
            properties[name] = _noted(replaced.get((struct.__name__, name), own), note)
    return [_plain(schema) for schema in schemas[: len(shapes)]], components


def _noted(schema: dict[str, Any], note: Note) -> dict[str, Any]:
    merged = _merged(schema, note.schema)
    return {**merged, "description": note.text} if note.text else merged


def _merged(schema: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(schema)
    for key, value in more.items():
        known = merged.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(known, value)
        else:
            merged[key] = value
    return merged


def _plain(schema: Any) -> Any:
    """Without what is of no use to a reader, and with short forms for unions of types."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: {name: _plain(part) for name, part in value.items()}
        if key == "properties"
        else _plain(value)
        for key, value in schema.items()
        if key not in ("title", "description")
        and not (key == "default" and value is None)
        and not (key == "required" and not value)
    }
    return _short_union(kept)


def _short_union(schema: dict[str, Any]) -> dict[str, Any]:
    """`type: [array, "null"]` for a union that has at most one branch with more than a type."""
    branches = schema.get("anyOf", [])
    types = [branch.get("type") for branch in branches]
    rich = [branch for branch in branches if len(branch) > 1]
    if not branches or not all(isinstance(name, str) for name in types) or len(rich) > 1:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**(rich[0] if rich else {}), **rest, "type": types}
