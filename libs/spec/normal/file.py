"""Checked values -> the normal form. What is wrong reads as left out, so that the rest can still be judged."""

import re

from libs.spec.given import Given
from libs.spec.model import DEFAULT_TIMEOUT_SECONDS, Manifest, Spec, Target
from libs.spec.normal.sections import Sections
from libs.spec.normal.steps import Steps, context_of
from libs.spec.normal.traffic import TrafficItems
from libs.spec.problems import Report, join, path_of, quoted
from libs.spec.shape.shape import Values
from libs.spec.shape.walk import Walk

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://.")


class Normal:
    """Builds one file's spec; `lines` are the file's own, to place inline texts in it."""

    def __init__(self, walk: Walk, report: Report, lines: list[str]) -> None:
        self._walk = walk
        self._report = report
        self._lines = lines
        self._steps = Steps(walk.places, report)
        self._sections = Sections(walk, report, self._steps)

    def spec(self, file: Values, given: Given) -> Spec:
        config = file.get("deploymentConfig") or {}
        targets = file.get("targets") or {}
        return Spec(
            application=given.application or file.get("application") or "",
            description=file.get("description") or "",
            context=context_of(file),
            timeout_seconds=self._timeout(config),
            keeps_deployment=config.get("keepDeploymentObject") or False,
            when_in_progress=(config.get("ifDeploymentInProgress") or {}).get("strategy") or "reject",
            targets={
                name: self._target(target or {}, path_of("targets", name), given) for name, target in targets.items()
            },
            manifests=self._manifests(file, targets),
            strategies=self._sections.strategies(file),
            webhooks=self._sections.webhooks(file),
            queries=self._sections.queries(file),
            default_provider=(file.get("analysis") or {}).get("defaultMetricProviderName") or "",
            traffic=TrafficItems(self._walk, self._report, tuple(targets)).read(file.get("trafficManagement")),
        )

    def _timeout(self, config: Values) -> int:
        seconds = self._steps.pauses.seconds(config.get("timeout"), path_of("deploymentConfig", "timeout"))
        return DEFAULT_TIMEOUT_SECONDS if seconds is None else seconds

    def _target(self, target: Values, path: str, given: Given) -> Target:
        constraints = target.get("constraints") or {}
        inside = join(path, "constraints")
        return Target(
            account=given.account or target.get("account") or "",
            namespace=target.get("namespace") or "",
            strategy=target.get("strategy") or "",
            depends_on=tuple(name or "" for name in constraints.get("dependsOn") or ()),
            before=self._steps.gates(constraints.get("beforeDeployment"), join(inside, "beforeDeployment")),
            after=self._steps.gates(constraints.get("afterDeployment"), join(inside, "afterDeployment")),
        )

    def _manifests(self, file: Values, targets: Values) -> tuple[Manifest, ...]:
        items = enumerate(file.get("manifests") or ())
        return tuple(self._manifest(item, path_of("manifests", index), targets) for index, item in items)

    def _manifest(self, item: Values | None, path: str, targets: Values) -> Manifest:
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

    def _named(self, names: list[str | None] | None, path: str, targets: Values) -> tuple[str, ...]:
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
