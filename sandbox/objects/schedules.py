"""At which minutes is a CronJob due? Five fields, names of months and days, and the short words such as `@hourly`."""

import re
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

SHORT = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, ("", *_MONTHS)),
    ("day of week", 0, 6, tuple(_DAYS)),
)
_TERM = re.compile(r"(?:(\*|\?)|(\w{1,4})(?:-(\w{1,4}))?)(?:/(\d{1,4}))?")
_FURTHEST_DAYS = 366 * 5


class BadSchedule(Exception):
    """The text is no schedule; the message says where."""


class Schedule(Struct, frozen=True):
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    is_either: bool
    """Days of the month and days of the week were both named: one of them is enough."""

    def next_after(self, instant: datetime, zone: tzinfo) -> datetime | None:
        """The first due minute after an instant; None where none comes within five years."""
        local = instant.astimezone(zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for _ in range(_FURTHEST_DAYS):
            if self._has_day(local) and (found := self._within(local)) is not None:
                return found.astimezone(instant.tzinfo)
            local = (local + timedelta(days=1)).replace(hour=0, minute=0)
        return None

    def _has_day(self, local: datetime) -> bool:
        if local.month not in self.months:
            return False
        by_date, by_weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.is_either else by_date and by_weekday

    def _within(self, local: datetime) -> datetime | None:
        """The first due minute of the rest of a day."""
        for hour in sorted(hour for hour in self.hours if hour >= local.hour):
            least = local.minute if hour == local.hour else 0
            if (minute := min((one for one in self.minutes if one >= least), default=None)) is not None:
                return local.replace(hour=hour, minute=minute)
        return None


def parsed(told: str) -> Schedule:
    fields = SHORT.get(told.strip(), told).split()
    if len(fields) != len(_FIELDS):
        raise BadSchedule(f"expected exactly 5 fields, found {len(fields)}: {fields}")
    minutes, hours, days, months, weekdays = (
        _field(text, *bounds) for text, bounds in zip(fields, _FIELDS, strict=True)
    )
    stars = [text.startswith(("*", "?")) for text in (fields[2], fields[4])]
    return Schedule(minutes, hours, days, months, weekdays, not any(stars))


def _field(told: str, name: str, least: int, most: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for term in told.split(","):
        found |= set(_range(term, name, (least, most), names))
    return frozenset(found)


def _range(term: str, name: str, bounds: tuple[int, int], names: tuple[str, ...]) -> range:
    parts = _TERM.fullmatch(term)
    if parts is None:
        raise BadSchedule(f"failed to parse {term!r} as {name}")
    star, first, last, step = parts.groups()
    start, end = bounds
    if not star:
        start = _number(first, name, names)
        end = _number(last, name, names) if last else bounds[1] if step else start
    if not bounds[0] <= start <= end <= bounds[1] or step == "0":
        raise BadSchedule(f"{term!r} is not between {bounds[0]} and {bounds[1]} as {name}")
    return range(start, end + 1, int(step or 1))


def _number(told: str, name: str, names: tuple[str, ...]) -> int:
    if told.lower() in names:
        return names.index(told.lower())
    if not told.isdigit():
        raise BadSchedule(f"failed to parse {told!r} as {name}")
    return int(told)
