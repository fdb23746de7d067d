"""What in a Deployment no cluster would take, or no rollout could lead: its sizes, its strategy, its pods' template."""

import re
from collections.abc import Iterator
from typing import Any

from libs.spec.problems import quoted

MOST_REPLICAS = 100_000
_COUNTS = ("replicas", "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit")
_STRATEGIES = ("RollingUpdate", "Recreate")
_PERCENT = re.compile(r"[0-9]{1,3}%")

Keys = tuple[str | int, ...]
Wrong = Iterator[tuple[Keys, str, str, str]]
"""Where in the object, a code, what is wrong, and what to do."""


def deployment_problems(deployment: dict[str, Any]) -> Wrong:
    if deployment["apiVersion"] != "apps/v1":
        yield ("apiVersion",), "bad_name", f"{quoted(deployment['apiVersion'])} is not served any more", "write apps/v1"
    spec = deployment.get("spec")
    if not isinstance(spec, dict):
        yield _needs(("spec",), spec, "a mapping with selector and template")
        return
    for key in _COUNTS:
        if not _is_count(spec.get(key, 0)):
            yield _needs(("spec", key), spec[key], f"a whole number, 0 to {MOST_REPLICAS}")
    yield from _strategy(spec.get("strategy"))
    yield from _template(spec.get("template"))
    yield from _selector(spec.get("selector"), _labels(spec.get("template")))


def _strategy(strategy: Any) -> Wrong:
    at: Keys = ("spec", "strategy")
    if strategy is None:
        return
    if not isinstance(strategy, dict):
        yield _needs(at, strategy, "a mapping")
        return
    if strategy.get("type", "RollingUpdate") not in _STRATEGIES:
        yield _needs((*at, "type"), strategy["type"], "RollingUpdate or Recreate")
    rolling = strategy.get("rollingUpdate") or {}
    if not isinstance(rolling, dict):
        yield _needs((*at, "rollingUpdate"), rolling, "a mapping")
        return
    for key in ("maxSurge", "maxUnavailable"):
        if not _is_share(rolling.get(key, 0)):
            yield _needs((*at, "rollingUpdate", key), rolling[key], "a whole number or a percentage such as 25%")


def _selector(selector: Any, labels: dict[str, Any]) -> Wrong:
    at: Keys = ("spec", "selector")
    if not isinstance(selector, dict) or not (selector.get("matchLabels") or selector.get("matchExpressions")):
        yield _needs(at, selector or None, "a mapping with matchLabels")
        return
    matched = selector.get("matchLabels") or {}
    if not isinstance(matched, dict):
        yield _needs((*at, "matchLabels"), matched, "a mapping")
        return
    for name, value in matched.items():
        if not isinstance(value, str):
            yield _needs((*at, "matchLabels", name), value, "text", "put it in quotes")
        elif labels.get(name) != value:
            message = f"{quoted(f'{name}: {value}')} is no label of the template"
            yield (*at, "matchLabels", name), "mismatch", message, "write it under spec.template.metadata.labels too"


def _template(template: Any) -> Wrong:
    at: Keys = ("spec", "template")
    for name, value in _labels(template).items():
        if not isinstance(value, str):
            yield _needs((*at, "metadata", "labels", name), value, "text", "put it in quotes")
    pods = template.get("spec") if isinstance(template, dict) else None
    containers = pods.get("containers") if isinstance(pods, dict) else None
    if not isinstance(containers, list) or not containers:
        yield _needs((*at, "spec", "containers"), containers or None, "a list with a container in it")
        return
    names: set[str] = set()
    for index, container in enumerate(containers):
        yield from _container(container, (*at, "spec", "containers", index), names)


def _container(container: Any, at: Keys, names: set[str]) -> Wrong:
    """`names` are those of the containers before it."""
    if not isinstance(container, dict):
        yield _needs(at, container, "a mapping with name and image")
        return
    for key in ("name", "image"):
        if not isinstance(container.get(key), str) or not container[key]:
            yield _needs((*at, key), container.get(key), "text")
    name = str(container.get("name"))
    if name in names and "name" in container:
        yield (*at, "name"), "duplicate_name", f"{quoted(name)} is the name of another container", "rename one"
    names.add(name)


def _labels(template: Any) -> dict[str, Any]:
    metadata = template.get("metadata") if isinstance(template, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _needs(at: Keys, value: Any, wanted: str, hint: str = "") -> tuple[Keys, str, str, str]:
    if value is None:
        return at, "missing_key", "is missing", f"add it: {wanted}"
    kind = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else quoted(str(value))
    return at, "wrong_type", f"needs {wanted}, not {kind}", hint


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_REPLICAS)


def _is_share(value: Any) -> bool:
    return _is_count(value) or (isinstance(value, str) and _PERCENT.fullmatch(value) is not None)
