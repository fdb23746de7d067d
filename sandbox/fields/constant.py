"""Which parts are there in every object of a kind, because its type holds them by value?"""

from collections.abc import Iterator

from sandbox.fields.table import fields_of, struct_of, table
from sandbox.objects.kinds import CUSTOM_DEFINITION, Kind

ALWAYS_LISTED = frozenset({"containers", "paths", "endpoints", "addresses"})
"""Lists that are written even where they are empty."""


def constant_in(kind: Kind) -> frozenset[tuple[str, ...]]:
    if kind is CUSTOM_DEFINITION:
        return frozenset({("metadata",), ("spec",), ("spec", "names"), ("status",), ("status", "acceptedNames")})
    struct = struct_of(kind)
    return frozenset({("metadata",), *(_within(struct, ()) if struct else ())})


def _within(struct: str, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, field in fields_of(struct).items():
        place = (*names, name)
        if field.kind in table() or name in ALWAYS_LISTED:
            yield place
        if field.kind in table():
            yield from _within(field.kind, place)
