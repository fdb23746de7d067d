"""Checked values -> the normal form. What is wrong reads as left out, so that the rest can still be judged."""

import re
from itertools import pairwise
from typing import Any

from libs.spec.model import (
    DEFAULT_TIMEOUT_SECONDS,
    Canary,
    CanaryStep,
    Manifest,
    Pause,
    SetWeight,
    Spec,
    Strategy,
    Target,
)
from libs.spec.normal.pauses import Pauses
from libs.spec.problems import Report, join, path_of, quoted
from libs.spec.shape.walk import Walk

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://.")

Values = dict[str, Any]


class Normal:
    """Builds one file's spec; `lines` are the file's own, to place inline texts in it."""

    def __init__(self, walk: Walk, report: Report, lines: list[str]) -> None:
        self._walk = walk
        self._report = report
        self._lines = lines
        self._pauses = Pauses(walk.places, report)

    def spec(self, file: Values, application: str | None) -> Spec:
        targets = file.get("targets") or {}
        return Spec(
            application=application or file.get("application") or "",
            description=file.get("description") or "",
            context={key: value or "" for key, value in (file.get("context") or {}).items()},
            timeout_seconds=self._timeout(file.get("deploymentConfig") or {}),
            targets={name: self._target(target or {}, path_of("targets", name)) for name, target in targets.items()},
            manifests=self._manifests(file, targets),
            strategies=self._strategies(file.get("strategies") or {}),
        )

    def _timeout(self, config: Values) -> int:
        seconds = self._pauses.seconds(config.get("timeout"), path_of("deploymentConfig", "timeout"))
        return DEFAULT_TIMEOUT_SECONDS if seconds is None else seconds

    def _target(self, target: Values, path: str) -> Target:
        constraints = target.get("constraints") or {}
        inside = join(path, "constraints")
        return Target(
            account=target.get("account") or "",
            namespace=target.get("namespace") or "",
            strategy=target.get("strategy") or "",
            depends_on=tuple(name or "" for name in constraints.get("dependsOn") or ()),
            before=self._constraints(constraints.get("beforeDeployment"), join(inside, "beforeDeployment")),
            after=self._constraints(constraints.get("afterDeployment"), join(inside, "afterDeployment")),
        )

    def _constraints(self, items: list[Values | None] | None, path: str) -> tuple[Pause, ...]:
        steps = (self._step(item or {}, join(path, index)) for index, item in enumerate(items or ()))
        return tuple(step for step in steps if isinstance(step, Pause))

    def _strategies(self, strategies: dict[str, Values | None]) -> dict[str, Strategy]:
        return {name: self._strategy(one or {}, path_of("strategies", name)) for name, one in strategies.items()}

    def _strategy(self, strategy: Values, path: str) -> Strategy:
        inside = join(join(path, "canary"), "steps")
        items = (strategy.get("canary") or {}).get("steps") or ()
        steps = {join(inside, index): self._step(item or {}, join(inside, index)) for index, item in enumerate(items)}
        self._check_weights({at: step.weight for at, step in steps.items() if isinstance(step, SetWeight)})
        return Canary(tuple(step for step in steps.values() if step is not None))

    def _check_weights(self, weights: dict[str, int]) -> None:
        for before, (path, weight) in pairwise(weights.items()):
            if weight < before[1]:
                message = f"lowers the weight from {before[1]} to {weight}"
                place = self._walk.places[path]
                self._report.warn(place, "falling_weight", message, "let weights rise over the steps")

    def _step(self, item: Values, path: str) -> CanaryStep | None:
        if (pause := item.get("pause")) is not None:
            return self._pauses.pause(pause, join(path, "pause"))
        weight = (item.get("setWeight") or {}).get("weight")
        return None if weight is None else SetWeight(weight)

    def _manifests(self, file: Values, targets: dict[str, Any]) -> tuple[Manifest, ...]:
        items = enumerate(file.get("manifests") or ())
        return tuple(self._manifest(item, path_of("manifests", index), targets) for index, item in items)

    def _manifest(self, item: Values | None, path: str, targets: dict[str, Any]) -> Manifest:
        if item is None:
            return Manifest(tuple(targets))
        self._check_source(item, path)
        named = self._named(item.get("targets"), join(path, "targets"), targets)
        if inline := item.get("inline"):
            return self._inline(named, inline, join(path, "inline"))
        place = self._walk.places.get(join(path, "path"), self._walk.places[path])
        return Manifest(named, item.get("path") or "", "", place.line, place.column)

    def _check_source(self, item: Values, path: str) -> None:
        place = self._walk.places[path]
        if "path" in item and "inline" in item:
            self._report.error(place, "excluded", "has path and inline", "keep one of the two")
        if "path" not in item and "inline" not in item:
            self._report.error(place, "missing_key", "has neither path nor inline", "add path: and a file or folder")
        if _URL.match(item.get("path") or ""):
            place = self._walk.places[join(path, "path")]
            message = "is a URL; manifests from a URL are not built yet in this release"
            self._report.error(place, "not_built", message, "download it, and name the file")

    def _named(self, names: list[str | None] | None, path: str, targets: dict[str, Any]) -> tuple[str, ...]:
        """All targets where none is named. Names of no target occur in real files, so they only warn."""
        if names is None:
            return tuple(targets)
        for index, name in enumerate(names):
            if name is not None and name not in targets and targets:
                place = self._walk.places[join(path, index)]
                message = f"{quoted(name)} is no target and is passed over"
                self._report.warn(place, "unknown_name", message, self._report.suggestion(name, targets))
        return tuple(dict.fromkeys(name for name in names if name in targets))

    def _inline(self, targets: tuple[str, ...], text: str, path: str) -> Manifest:
        """A literal block's first character stands below its `|`, behind its indentation."""
        place = self._walk.places[path]
        if path not in self._walk.literals:
            return Manifest(targets, "", text, place.line, place.column)
        lines = text.split("\n")
        first = next((index for index, words in enumerate(lines) if words.strip()), 0)
        column = _indent(self._lines[place.line + first]) - _indent(lines[first]) + 1
        return Manifest(targets, "", text, place.line + 1, column, verbatim=True)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
