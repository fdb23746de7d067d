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


Fields = dict[str, dict[str, Field]]


@cache
def table() -> Fields:
    return msgspec.json.decode(FILE.read_bytes(), type=Fields)


@cache
def laid_open(name: str) -> dict[str, str]:
    """The fields of a struct as JSON knows them: name and type, those of inlined structs included."""
    found: dict[str, str] = {}
    for field, entry in table()[name].items():
        if field.startswith("@"):
            found |= laid_open(entry.kind.removeprefix("*"))
        else:
            found[field] = entry.kind
    return found


def struct_of(kind: Kind) -> str | None:
    """The struct that a kind is; None for custom kinds, which have no table."""
    group = kind.group.removesuffix(".k8s.io").partition(".")[0] or "core"
    name = f"{group}/{kind.version}.{kind.name}"
    return name if not kind.is_custom and name in table() else None
