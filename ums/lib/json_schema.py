"""JSON Schema of msgspec structs, with what a type cannot say added from notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.utils.functional import Promise

REF = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Note:
    """What the type of a field does not say: words, and further JSON Schema.

    Documentation only. The rule is kept by the code that answers with its own error code.
    """

    text: str | Promise = ""
    schema: Mapping[str, Any] = field(default_factory=dict)


# By the name on the wire.
Fields = Mapping[type[msgspec.Struct], Mapping[str, Note]]


def components_of(
    shapes: Mapping[str, Any], fields: Fields
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """The schema of each of `shapes` but None, and the components they refer to, each by name.

    KeyError where `fields` has a note on a field that does not exist.
    """
    wanted = {name: shape for name, shape in shapes.items() if shape is not None}
    found, raw = msgspec.json.schema_components(wanted.values(), ref_template=REF)
    components = {name: _plain(schema) for name, schema in raw.items()}
    for struct, notes in fields.items():
        if struct.__name__ in components:
            properties = components[struct.__name__]["properties"]
            for name, note in notes.items():
                properties[name] = _noted(properties[name], note)
    return dict(zip(wanted, map(_plain, found), strict=True)), components


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
