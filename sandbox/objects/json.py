"""What do we call a decoded JSON object, and how is a nested value read or replaced without touching the original?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]


def at(value: Mapping[str, Any], *names: str) -> Any:
    """The value at a path of field names, or None where the path breaks off."""
    found: Any = value
    for name in names:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def table(value: Mapping[str, Any], *names: str) -> Object:
    """The mapping at a path; an empty one where there is none."""
    found = at(value, *names)
    return found if isinstance(found, dict) else {}


def items(value: Mapping[str, Any], *names: str) -> list[Any]:
    found = at(value, *names)
    return found if isinstance(found, list) else []


def number(value: Mapping[str, Any], *names: str, default: int = 0) -> int:
    found = at(value, *names)
    return found if isinstance(found, int) else default


def text(value: Mapping[str, Any], *names: str) -> str:
    found = at(value, *names)
    return found if isinstance(found, str) else ""


def having(value: Mapping[str, Any], changes: Mapping[str, Any]) -> Object:
    """A copy with these fields replaced; a field changed to None is removed."""
    merged = {**value, **changes}
    return {name: item for name, item in merged.items() if item is not None or name not in changes}


def placed(value: Mapping[str, Any], path: tuple[str, ...], leaf: Any) -> Object:
    """A copy with the value at `path` replaced (None removes it); mappings on the way are made where missing."""
    name, *rest = path
    return having(value, {name: placed(table(value, name), tuple(rest), leaf) if rest else leaf})


def stamp(now: datetime) -> str:
    """Kubernetes keeps instants to the second, in UTC."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(value: str) -> datetime:
    return datetime.fromisoformat(value.replace("Z", "+00:00"))
