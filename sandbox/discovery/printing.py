"""What stands in a column that a custom kind names itself? A path into the object, and how its value is shown."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sandbox.objects.json import Object, instant, text

_PART = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)==[\"']([^\"']*)[\"']\)\]")


def printed(column: Object) -> Callable[[Object, datetime], Any]:
    """The cell of `jsonPath`; empty where the path leads nowhere or is more than is understood here."""
    path, kind = text(column, "jsonPath"), text(column, "type")

    def cell(value: Object, now: datetime) -> Any:
        found = list(_followed(value, path))
        if not found or found[0] is None:
            return ""
        if kind == "date" and isinstance(found[0], str):
            return short_span((now - instant(found[0])).total_seconds())
        return found[0] if kind in {"integer", "number"} else ",".join(_shown(one) for one in found)

    return cell


def _followed(value: Any, path: str) -> Iterator[Any]:
    part = _PART.match(path)
    if part is None:
        if not path:
            yield value
        return
    for item in _taken(value, part):
        yield from _followed(item, path[part.end() :])


def _taken(value: Any, part: re.Match[str]) -> list[Any]:
    dotted, quoted, place, tested, wanted = part.groups()
    name = dotted or quoted
    if name is not None:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if place == "*":
        return value
    if place is not None:
        return value[int(place) : int(place) + 1]
    return [item for item in value if next(_followed(item, f".{tested}"), None) == wanted]


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def short_span(seconds: float) -> str:
    """As kubectl shows ages: two units while they are small."""
    whole = max(0, int(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    return f"{days}d{hours % 24}h" if days < 8 and hours % 24 else f"{days}d"
