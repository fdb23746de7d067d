"""What is left of an object once the server has read it into its types? Empty fields that are left out when they are
written are gone, and so are those that were null.
"""

from functools import cache
from typing import Any

from sandbox.fields.constant import ALWAYS_LISTED
from sandbox.fields.table import laid_open, table

_NOTHING: tuple[Any, ...] = ("", 0, False)


def lean(struct: str, value: dict[str, Any]) -> dict[str, Any]:
    """The object without what says nothing. Its status stays as it is: there a zero says something."""
    fields = _fields(struct)
    return {
        name: read
        for name, item in value.items()
        if (read := _read(fields.get(name, "any"), item)) is not None and not _is_left_out(name, fields, read)
    }


@cache
def _fields(struct: str) -> dict[str, str]:
    return {**laid_open(struct), "status": "any"}


def _is_left_out(name: str, fields: dict[str, str], item: Any) -> bool:
    kind = fields.get(name, "any")
    if kind.startswith(("[]", "map:")):
        return not item and name not in ALWAYS_LISTED
    return kind in {"string", "int", "bool"} and item in _NOTHING and not isinstance(item, float)


def _read(kind: str, item: Any) -> Any:
    bare = kind.removeprefix("*")
    if bare.startswith("[]") and isinstance(item, list):
        return [_read(bare[2:], inner) for inner in item]
    if bare == "map:Quantity" and isinstance(item, dict):
        return {name: str(size) for name, size in item.items()}
    return lean(bare, item) if bare in table() and isinstance(item, dict) else item
