"""The deployment file's shape as JSON Schema, for editors: what they complete and underline is what `parse` takes."""

import re
from typing import Any

from libs.spec.shape.schema import FILE
from libs.spec.shape.shape import (
    AsWritten,
    Choice,
    Flag,
    Ignored,
    ListOf,
    MapOf,
    NotBuilt,
    NotHere,
    Record,
    Shape,
    Text,
    Whole,
)

Schema = dict[str, Any]


def json_schema() -> Schema:
    # The application's name may also come with the request; an editor sees only the file.
    file = _record(FILE) | {"title": "Fairlead deployment file"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | file


def _schema(shape: Shape) -> Schema:
    match shape:
        case Record():
            return _record(shape)
        case MapOf():
            values = _schema(shape.value)
            return {"type": "object", "additionalProperties": values, **_between("Properties", shape.least, shape.most)}
        case ListOf():
            items = {"type": "array", "items": _schema(shape.item), **_between("Items", shape.least, shape.most)}
            return {"anyOf": [items, _schema(shape.item)]} if shape.lone else items
    return _word(shape)


def _word(shape: Shape) -> Schema:
    match shape:
        case Text():
            return _text(shape)
        case Whole():
            return {"type": "integer", "minimum": shape.least, "maximum": shape.most}
        case Flag():
            return {"type": "boolean"}
        case Choice():
            return {"type": "string", "pattern": f"^({'|'.join(_any_case(word) for word in shape.words)})$"}
        case AsWritten():
            return {"type": ["string", "number", "boolean"]}
        case NotBuilt(harmless=None) | NotHere():
            return {"not": {}}
        case NotBuilt():
            return {"const": shape.harmless}
        case _:
            return {}


def _record(shape: Record) -> Schema:
    refused = (NotHere, Ignored)
    fields = {key: inner for key, inner in shape.fields.items() if not isinstance(inner, refused)}
    properties = {key: _schema(inner) for key, inner in fields.items()}
    properties |= {key: {} for key, inner in shape.fields.items() if isinstance(inner, Ignored)}
    properties |= {alias: properties[key] | {"deprecated": True} for alias, key in shape.aliases.items()}
    record: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if shape.required:
        record["required"] = list(shape.required)
    if shape.one:
        record |= {"minProperties": 1, "maxProperties": 1}
    return {"anyOf": [properties[shape.shorthand], record]} if shape.shorthand else record


def _text(shape: Text) -> Schema:
    pattern = f"^{shape.pattern}$" if shape.pattern else "\\S" if shape.lines else "^[^\\n]*\\S[^\\n]*$"
    return {"type": "string", "minLength": 1, "maxLength": shape.most, "pattern": pattern}


def _any_case(word: str) -> str:
    return "".join(f"[{re.escape(letter)}{re.escape(letter.upper())}]" for letter in word)


def _between(what: str, least: int, most: int) -> Schema:
    return {f"min{what}": least, f"max{what}": most}
