"""Whether what is decided today is what was decided then.

Two values are the same when every field that the release of then knew is the same. A field that was added since is not
compared: the old record cannot have it, and today's code may set it. A field that was there and was left out because it
had its default is compared, so an old field that is decided differently never hides behind an omission.
"""

from typing import Any

import msgspec
from msgspec import Struct

from tests.histories.known import Fields


def difference(now: Any, then: Any, fields: Fields, place: str = "") -> str:
    """Where the first one is; empty where there is none."""
    if isinstance(now, Struct) and type(now) is type(then):
        return _first(
            difference(getattr(now, name), getattr(then, name), fields, f"{place}.{name}")
            for name in _compared(now, fields)
        )
    if isinstance(now, tuple | list) and isinstance(then, tuple | list) and len(now) == len(then):
        pairs = enumerate(zip(now, then, strict=True))
        return _first(difference(one, other, fields, f"{place}[{number}]") for number, (one, other) in pairs)
    if isinstance(now, dict) and isinstance(then, dict) and now.keys() == then.keys():
        return _first(difference(now[key], then[key], fields, f"{place}[{key!r}]") for key in now)
    return "" if now == then else f"{place or 'it'} was {then!r}, is {now!r}"


def _compared(value: Struct, fields: Fields) -> list[str]:
    there = [field.name for field in msgspec.structs.fields(value)]
    known = fields.get(type(value).__name__)
    return there if known is None else [name for name in there if name in known]


def _first(found: Any) -> str:
    return next((one for one in found if one), "")
