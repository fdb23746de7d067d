"""What do we call a decoded JSON object, and how is a nested value read or replaced without touching the original?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]


def at(value: Object, *names: str) -> Any:
    """The value at a path of field names, or None where the path breaks off."""
    found: Any = value
    for name in names:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def table(value: Object, *names: str) -> Object:
    """The mapping at a path; an empty one where there is none."""
    found = at(value, *names)
    return found if isinstance(found, dict) else {}


def items(value: Object, *names: str) -> list[Any]:
    found = at(value, *names)
    return found if isinstance(found, list) else []


def number(value: Object, *names: str, default: int = 0) -> int:
    found = at(value, *names)
    return found if isinstance(found, int) else default


def text(value: Object, *names: str) -> str:
    found = at(value, *names)
    return found if isinstance(found, str) else ""


def having(value: Mapping[str, Any], changes: Mapping[str, Any]) -> Object:
    """A copy with these fields replaced; a field changed to None is removed."""
    merged = {**value, **changes}
    return {name: item for name, item in merged.items() if item is not None or name not in changes}


def placed(value: Object, path: tuple[str, ...], leaf: Any) -> Object:
    """A copy with the value at `path` replaced (None removes it); mappings on the way are made where missing."""
    name, rest = path[0], path[1:]
    if rest:
        return {**value, name: placed(table(value, name), rest, leaf)}
    return {**value, name: leaf} if leaf is not None else {own: item for own, item in value.items() if own != name}


def stamp(now: datetime) -> str:
    """Kubernetes keeps instants to the second, in UTC."""
    return f"{now.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def instant(value: str) -> datetime:
    return datetime.fromisoformat(value.replace("Z", "+00:00"))
