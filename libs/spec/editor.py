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
    Number,
    Outside,
    Record,
    Shape,
    Template,
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
            return _map(shape)
        case ListOf():
            item = _schema(shape.item)
            items = {"type": "array", "items": item, **_between("Items", shape.least, shape.most)}
            return {"anyOf": [items, item]} if shape.lone or shape.wrap else items
    return _word(shape)


def _word(shape: Shape) -> Schema:
    match shape:
        case Text():
            return _text(shape)
        case Template():
            return _text(Text(most=shape.most, lines=True))
        case Whole():
            return {"type": "integer", "minimum": shape.least, "maximum": shape.most}
        case Number():
            return {"type": "number"}
        case Flag():
            return {"type": "boolean"}
        case Choice():
            return _choice(shape)
        case AsWritten():
            return {"type": ["string", "number", "boolean"], "maxLength": shape.most}
        case _:
            return {"not": {}}


def _choice(shape: Choice) -> Schema:
    """The words themselves are what an editor offers; the pattern takes them in any case."""
    pattern = f"^({'|'.join(_any_case(word) for word in shape.words)})$"
    return {"anyOf": [{"enum": list(shape.words)}, {"type": "string", "pattern": pattern}]}


def _map(shape: MapOf) -> Schema:
    one = {
        "type": "object",
        "additionalProperties": _schema(shape.value),
        **_between("Properties", shape.least, shape.most),
    }
    return {"anyOf": [one, {"type": "array", "items": one}]} if shape.pairs else one


def _record(shape: Record) -> Schema:
    properties = {key: _property(shape, key) for key, inner in shape.fields.items() if not isinstance(inner, Outside)}
    properties |= {key: {} for key, inner in shape.fields.items() if isinstance(inner, Ignored)}
    properties |= {key: _refused(inner) for key, inner in shape.fields.items() if isinstance(inner, NotBuilt)}
    properties |= {alias: properties[key] for alias, key in shape.same.items()}
    properties |= {alias: properties[key] | {"deprecated": True} for alias, key in shape.aliases.items()}
    record: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    record |= _required(shape)
    if shape.one:
        record |= {"minProperties": 1, "maxProperties": 1}
    return {"anyOf": [properties[shape.shorthand], record]} if shape.shorthand else record


def _property(shape: Record, key: str) -> Schema:
    about = {"description": shape.about[key]} if key in shape.about else {}
    return about | _schema(shape.fields[key])


def _refused(shape: NotBuilt) -> Schema:
    return {"not": {}, "description": f"Not built yet in this release: {shape.hint}."}


def _required(shape: Record) -> Schema:
    """Of a key with two spellings, either will do."""
    others = {key: alias for alias, key in shape.same.items()}
    twofold = [{"anyOf": [{"required": [key]}, {"required": [others[key]]}]} for key in shape.required if key in others]
    plain = [key for key in shape.required if key not in others]
    return ({"required": plain} if plain else {}) | ({"allOf": twofold} if twofold else {})


def _text(shape: Text) -> Schema:
    pattern = f"^{shape.pattern}$" if shape.pattern else "\\S" if shape.lines else "^[^\\n]*\\S[^\\n]*$"
    return {"type": "string", "minLength": 1, "maxLength": shape.most, "pattern": pattern}


def _any_case(word: str) -> str:
    return "".join(f"[{re.escape(letter.lower())}{re.escape(letter.upper())}]" for letter in word)


def _between(what: str, least: int, most: int) -> Schema:
    return {f"min{what}": least, f"max{what}": most}
