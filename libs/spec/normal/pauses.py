"""A pause as people write it -> a pause for a time or for a person, with the rules about what may stand together."""

from typing import Any

from libs.spec.model import Approval, Pause
from libs.spec.problems import Places, Report, join, quoted
from libs.spec.shape.terms import UNIT_SECONDS

MOST_SECONDS = 366 * 24 * 3600


class Pauses:
    """Reads the pauses of one file."""

    def __init__(self, places: Places, report: Report) -> None:
        self._places = places
        self._report = report

    def pause(self, value: dict[str, Any], path: str) -> Pause:
        has_time = "duration" in value or "unit" in value
        if value.get("untilApproved") is True:
            if has_time:
                self._error(path, "excluded", "has untilApproved beside duration and unit", "keep one of the two")
            return Pause(approval=self._approval(value, path))
        self._check_time(value, has_time, path)
        self._check_without_approval(value, path)
        return Pause(seconds=self.seconds(value, path))

    def seconds(self, duration: dict[str, Any] | None, path: str) -> int | None:
        """None where a part is missing or wrong, which is then reported elsewhere."""
        amount, unit = (duration or {}).get("duration"), (duration or {}).get("unit")
        if amount is None or unit is None:
            return None
        seconds: int = amount * UNIT_SECONDS[unit]
        if seconds > MOST_SECONDS:
            self._error(path, "out_of_range", "is longer than 366 days", "write a shorter duration")
        return seconds

    def _check_time(self, value: dict[str, Any], has_time: bool, path: str) -> None:
        if not has_time and value.get("untilApproved", False) is False:
            self._error(path, "missing_key", "waits for nothing", "write duration and unit, or untilApproved: true")
        if has_time and "unit" not in value:
            self._error(path, "missing_key", "has a duration without a unit", "add unit: seconds, minutes or hours")
        if has_time and "duration" not in value:
            self._error(path, "missing_key", "has a unit without a duration", "add duration")

    def _check_without_approval(self, value: dict[str, Any], path: str) -> None:
        """A demand for approval that would be passed over is refused; an empty list of roles demands nothing."""
        if value.get("untilApproved", False) is None:
            return
        for key in ("requiresRoles", "approvalExpiration"):
            if value.get(key):
                self._error(join(path, key), "excluded", "has no effect without untilApproved: true", "add it")
        self._roles(value, path)

    def _approval(self, value: dict[str, Any], path: str) -> Approval:
        expiration = value.get("approvalExpiration") or {}
        inside = join(path, "approvalExpiration")
        roles = self._roles(value, path)
        if "requiresRoles" in expiration:
            place = self._places[join(inside, "requiresRoles")]
            self._report.warn(place, "misplaced", "counts for the pause", "move it up, beside untilApproved")
            roles += self._roles(expiration, inside)
        return Approval(tuple(dict.fromkeys(roles)), self.seconds(expiration, inside))

    def _roles(self, value: dict[str, Any], path: str) -> list[str]:
        roles = value.get("requiresRoles")
        if roles == []:
            place = self._places[join(path, "requiresRoles")]
            self._report.warn(place, "empty", "is an empty list and counts as left out", "name a role, or remove it")
        named = roles or []
        for index, role in enumerate(named):
            if role is not None and role in named[:index]:
                at = join(path, "requiresRoles", index)
                self._error(at, "duplicate_name", f"{quoted(role)} is named twice", "remove one")
        return [role for role in named if role is not None]

    def _error(self, path: str, code: str, message: str, hint: str) -> None:
        self._report.error(self._places[path], code, message, hint)
