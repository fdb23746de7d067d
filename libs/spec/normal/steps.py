"""Steps as people write them -> the normal form; one with a part missing is reported elsewhere."""

from collections.abc import Sequence

from libs.spec.model import Analysis, CanaryStep, ExposeServices, Gate, Pause, RunWebhook, SetWeight
from libs.spec.normal.pauses import MOST_SECONDS, Pauses
from libs.spec.problems import Places, Report, join
from libs.spec.shape.shape import Values

TTL_SECONDS = range(60, 24 * 3600 + 1)
_BROKEN = Pause()
"""Stands where a step cannot be read: those after it keep their numbers."""
_ANALYSIS = ("interval", "units", "numberOfJudgmentRuns", "queries")

Items = Sequence[Values | None] | None


def context_of(value: Values) -> dict[str, str]:
    return {name: text or "" for name, text in (value.get("context") or {}).items()}


class Steps:
    """Reads the steps of one file."""

    def __init__(self, places: Places, report: Report) -> None:
        self.pauses = Pauses(places, report)
        self._places = places
        self._report = report

    def gates(self, items: Items, path: str) -> tuple[Gate, ...]:
        return tuple(step for step in self.read(items, path).values() if isinstance(step, Gate))

    def swap_gates(self, items: Items, path: str) -> tuple[Gate | ExposeServices, ...]:
        return tuple(step for step in self.read(items, path).values() if not isinstance(step, SetWeight))

    def read(self, items: Items, path: str) -> dict[str, CanaryStep]:
        """Each step by its path."""
        numbered = ((join(path, index), item or {}) for index, item in enumerate(items or ()))
        return {at: self._step(item, at) or _BROKEN for at, item in numbered}

    def _step(self, item: Values, path: str) -> CanaryStep | None:
        match item:
            case {"setWeight": {"weight": int(weight)}}:
                return SetWeight(weight)
            case {"pause": dict(pause)}:
                return self.pauses.pause(pause, join(path, "pause"))
            case {"runWebhook": {"name": str(name)} as call}:
                return RunWebhook(name, context_of(call))
            case {"analysis": dict(analysis)}:
                return self._analysis(analysis, join(path, "analysis"))
            case {"exposeServices": {"services": list(services)} as expose}:
                return self._expose(services, expose, join(path, "exposeServices"))
        return None

    def _analysis(self, value: Values, path: str) -> Analysis | None:
        seconds = self.pauses.seconds({"duration": value.get("interval"), "unit": value.get("units")}, path)
        if seconds is None or any(value.get(key) is None for key in _ANALYSIS):
            return None
        if seconds * value["numberOfJudgmentRuns"] > MOST_SECONDS:
            message = "takes longer than 366 days, all its runs together"
            self._report.error(self._places[path], "out_of_range", message, "let it run less often, or for less time")
        return Analysis(
            queries=tuple(name or "" for name in value["queries"]),
            interval_seconds=seconds,
            runs=value["numberOfJudgmentRuns"],
            provider=value.get("metricProviderName") or "",
            lookback=value.get("lookbackMethod") or "sliding",
            aborts_early=value.get("abortOnFailedJudgment") or False,
            asks_when_failed=value.get("rollBackMode") == "manual",
            asks_when_passed=value.get("rollForwardMode") == "manual",
            context=context_of(value),
        )

    def _expose(self, services: list[str | None], value: Values, path: str) -> ExposeServices:
        named = tuple(name or "" for name in services)
        seconds = self.pauses.seconds(value.get("ttl"), join(path, "ttl"))
        if seconds is None:
            return ExposeServices(named)
        if seconds not in TTL_SECONDS:
            place = self._places[join(path, "ttl")]
            self._report.error(place, "out_of_range", f"is {seconds} seconds", "write 1 minute to 24 hours")
        return ExposeServices(named, seconds)
