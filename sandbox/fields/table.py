"""What fields has a kind? The table, loaded once, with inlined structs laid open."""

from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from sandbox.objects.kinds import Kind

FILE = Path(__file__).with_name("kubernetes.json")


class Field(Struct, frozen=True, array_like=True):
    """A type is a scalar's name, a struct's full name, or one of these after `[]`, `map:` or `*` (may be absent)."""

    number: int
    kind: str
    merge_key: str = ""
    """By which field items of a list are told apart when a patch is merged."""


Fields = dict[str, dict[str, Field]]


@cache
def table() -> Fields:
    return msgspec.json.decode(FILE.read_bytes(), type=Fields)


@cache
def laid_open(name: str) -> dict[str, str]:
    """The fields of a struct as JSON knows them: name and type."""
    return {field: entry.kind for field, entry in fields_of(name).items()}


@cache
def fields_of(name: str) -> dict[str, Field]:
    """The fields of a struct as JSON knows them, those of inlined structs included."""
    found: dict[str, Field] = {}
    for field, entry in table()[name].items():
        found |= fields_of(entry.kind.removeprefix("*")) if field.startswith("@") else {field: entry}
    return found


def struct_of(kind: Kind) -> str | None:
    """The struct that a kind is; None for custom kinds, which have no table."""
    group = kind.group.removesuffix(".k8s.io").partition(".")[0] or "core"
    name = f"{group}/{kind.version}.{kind.name}"
    return name if not kind.is_custom and name in table() else None
