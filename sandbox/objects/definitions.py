"""What does the schema of a custom kind ask of its objects? Unknown fields, defaults, and what does not fit."""

import re
from collections.abc import Callable, Iterator
from operator import ge, le
from typing import Any

import msgspec

from sandbox.objects.json import Object, items, table
from sandbox.objects.refusals import Cause

_OWN = frozenset({"apiVersion", "kind", "metadata"})
_KEEPS = "x-kubernetes-preserve-unknown-fields"
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"), (str, "string"), (int, "integer"), (float, "number"), (list, "array"), (dict, "object"),
)  # fmt: skip
_BOUNDS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("minimum", "greater than or equal to", ge),
    ("maximum", "less than or equal to", le),
)
_LENGTHS: tuple[tuple[str, type[str] | type[list[Any]], str, Callable[[int, int], bool]], ...] = (
    ("minLength", str, "should be at least {} chars long", ge),
    ("maxLength", str, "should be at most {} chars long", le),
    ("minItems", list, "should have at least {} items", ge),
    ("maxItems", list, "should have at most {} items", le),
)
_LONGEST_PATTERN = 200
_LONGEST_MATCHED = 1000


def unknown_fields(schema: Object, value: Any, path: str = "") -> Iterator[str]:
    """Where fields stand that the schema does not have, outermost first."""
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from unknown_fields(table(schema, "items"), item, f"{path}[{place}]")
    elif isinstance(value, dict):
        yield from _unknown_in(schema, value, path)


def _unknown_in(schema: Object, value: Object, path: str) -> Iterator[str]:
    properties, rest = table(schema, "properties"), schema.get("additionalProperties")
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name in properties:
            yield from unknown_fields(properties[name], item, place)
        elif isinstance(rest, dict):
            yield from unknown_fields(rest, item, place)
        elif not (rest or schema.get(_KEEPS) or (not path and name in _OWN)):
            yield place


def filled(schema: Object, value: Any) -> Any:
    """A copy with the defaults that the schema names, outer ones first."""
    if isinstance(value, list):
        return [filled(table(schema, "items"), item) for item in value]
    if not isinstance(value, dict):
        return value
    properties = table(schema, "properties")
    missing = {
        name: own["default"]
        for name, own in properties.items()
        if name not in value and isinstance(own, dict) and "default" in own
    }
    rest = table(schema, "additionalProperties")
    return {name: filled(properties.get(name, rest), item) for name, item in {**value, **missing}.items()}


def problems_of(schema: Object, value: Any, path: str = "") -> Iterator[Cause]:
    """What does not fit, in the words of the real server."""
    if value is None and schema.get("nullable"):
        return
    kind = str(schema.get("type", ""))
    if schema.get("x-kubernetes-int-or-string"):
        kind = ""
    if kind in _TYPES and not _is(kind, value):
        wrong = _invalid(path, _name(value), f'must be of type {kind}: "{_name(value)}"')
        yield {**wrong, "reason": "FieldValueTypeInvalid"}
        return
    yield from _limits(schema, value, path)
    if isinstance(value, dict):
        yield from _inside(schema, value, path)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from problems_of(table(schema, "items"), item, f"{path}[{place}]")


def _inside(schema: Object, value: Object, path: str) -> Iterator[Cause]:
    for name in items(schema, "required"):
        if name not in value:
            yield {"reason": "FieldValueRequired", "message": "Required value", "field": _below(path, name)}
    properties, rest = table(schema, "properties"), table(schema, "additionalProperties")
    for name, item in value.items():
        # The metadata is the same for every kind and is looked at elsewhere.
        if path or name not in _OWN:
            yield from problems_of(properties.get(name, rest), item, _below(path, name))


def _limits(schema: Object, value: Any, path: str) -> Iterator[Cause]:
    if (allowed := items(schema, "enum")) and value not in allowed:
        told = ", ".join(msgspec.json.encode(one).decode() for one in allowed)
        message = f"Unsupported value: {_shown(value)}: supported values: {told}"
        yield {"reason": "FieldValueNotSupported", "message": message, "field": path}
    if isinstance(value, int | float) and not isinstance(value, bool):
        for name, words, holds in _BOUNDS:
            if name in schema and not holds(value, schema[name]):
                yield _invalid(path, value, f"should be {words} {schema[name]}")
    for name, kind, told, fits in _LENGTHS:
        if name in schema and isinstance(value, kind) and not fits(len(value), schema[name]):
            yield _invalid(path, value, told.format(schema[name]))
    if isinstance(value, str) and not _matches(str(schema.get("pattern", "")), value):
        yield _invalid(path, value, f"should match '{schema['pattern']}'")


def _matches(pattern: str, value: str) -> bool:
    """Patterns are from outside: long ones, and long values, are let pass rather than searched."""
    if not pattern or len(pattern) > _LONGEST_PATTERN or len(value) > _LONGEST_MATCHED:
        return True
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


def _invalid(path: str, value: Any, detail: str) -> Cause:
    message = f"Invalid value: {_shown(value)}: {path} in body {detail}"
    return {"reason": "FieldValueInvalid", "message": message, "field": path}


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _is(kind: str, value: Any) -> bool:
    return kind == "boolean" if isinstance(value, bool) else isinstance(value, _TYPES[kind])


def _name(value: Any) -> str:
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "null")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
