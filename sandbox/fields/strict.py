"""Which fields of an object does its kind not have, and which hold a value of the wrong type?"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from sandbox.fields.table import laid_open

_QUANTITY = re.compile(r"[+-]?[0-9.]+[eEinumkKMGTP]*[-+]?[0-9]*")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "bytes": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "Time": (str,),
    "IntOrString": (int, str),
    "Quantity": (int, float, str),
}
_JSON_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (str, "string"),
    (int, "number"),
    (float, "number"),
    (list, "array"),
    (dict, "object"),
)
_GO_NAMES = {"int": "int32", "bytes": "string", "float": "float64"}


class Unknown(Struct, frozen=True):
    path: str


class WrongType(Struct, frozen=True):
    path: str
    given: str
    wanted: str


Finding = Unknown | WrongType


def findings(struct: str, value: dict[str, Any]) -> list[Finding]:
    """In the order in which they stand in the object."""
    return list(_struct({"apiVersion": "string", "kind": "string"} | laid_open(struct), value, ""))


def metadata_findings(value: dict[str, Any]) -> list[Finding]:
    """For kinds of which only the metadata is known."""
    return [*_value("meta/v1.ObjectMeta", value.get("metadata"), "metadata")]


def _struct(fields: dict[str, str], value: dict[str, Any], path: str) -> Iterator[Finding]:
    for name, item in value.items():
        place = f"{path}.{name}" if path else name
        if name not in fields:
            yield Unknown(place)
        else:
            yield from _value(fields[name].removeprefix("*"), item, place)


def _value(kind: str, value: Any, path: str) -> Iterator[Finding]:
    if value is None or kind in {"any", "FieldsV1"}:
        return
    if kind in _TYPES:
        if not _fits(kind, value):
            yield WrongType(path, _json_name(value), _GO_NAMES.get(kind, kind))
    elif kind.startswith("[]"):
        yield from _items(kind, value, path)
    elif not isinstance(value, dict):
        yield WrongType(path, _json_name(value), kind.rpartition("/")[2])
    elif kind.startswith("map:"):
        for name, item in value.items():
            yield from _value(kind[4:], item, f"{path}.{name}")
    else:
        yield from _struct(laid_open(kind), value, path)


def _items(kind: str, value: Any, path: str) -> Iterator[Finding]:
    if not isinstance(value, list):
        yield WrongType(path, _json_name(value), kind)
        return
    for place, item in enumerate(value):
        yield from _value(kind[2:], item, f"{path}[{place}]")


def _fits(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    if kind == "Quantity" and isinstance(value, str):
        return _QUANTITY.fullmatch(value) is not None
    return isinstance(value, _TYPES[kind])


def _json_name(value: Any) -> str:
    return next((name for kind, name in _JSON_NAMES if isinstance(value, kind)), "null")
