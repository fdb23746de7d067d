"""What the source says of each field of a document: the text under it, for the API's description."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.inspect import StructType, Type, type_info


def annotate(components: dict[str, Any], kinds: tuple[type[Struct], ...]) -> None:
    """Put each note into the schema of its field, under the name that the field has in JSON."""
    for kind in _reached(kinds):
        properties = components.get(kind.__name__, {}).get("properties", {})
        notes = _notes(kind.__module__).get(kind.__name__, {})
        for name, written in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
            if name in notes and written in properties:
                properties[written] = {"description": notes[name], **properties[written]}


def _reached(kinds: tuple[type[Struct], ...]) -> set[type[Struct]]:
    found, ahead = set[type[Struct]](), [type_info(kind) for kind in kinds]
    while ahead:
        here = ahead.pop()
        if isinstance(here, StructType):
            if here.cls in found:
                continue
            found.add(here.cls)
        ahead.extend(_within(here))
    return found


def _within(here: Type) -> Iterator[Type]:
    """The types that a type is made of; the names of its parts are msgspec's."""
    for name in ("item_type", "key_type", "value_type"):
        if isinstance(part := getattr(here, name, None), Type):
            yield part
    yield from getattr(here, "types", ())
    yield from getattr(here, "item_types", ())
    yield from (field.type for field in getattr(here, "fields", ()))


@cache
def _notes(module: str) -> dict[str, dict[str, str]]:
    """By class and field: the text that stands right below the field."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: dict(_noted(node.body)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _noted(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
