"""What is wrong with an object that somebody wants to store? Each problem names its field, as the real server does."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import available_timezones

from sandbox.objects import ports, schedules
from sandbox.objects.causes import bad_value, duplicate, forbidden, required, unsupported
from sandbox.objects.json import Object, at, items, number, table, text
from sandbox.objects.kinds import Kind
from sandbox.objects.refusals import Cause
from sandbox.objects.selectors import by_workload

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PATH_SAFE = re.compile(r"[^/%]+")
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_POLICIES = ("Allow", "Forbid", "Replace")
_SELECTING = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"}


def problems(kind: Kind, value: Object, live: Object | None) -> list[Cause]:
    """All problems; `live` is what the object was before, or None when it is new."""
    found = [*_metadata(kind, value)]
    if kind.is_custom:
        return found
    if kind.template is not None and kind.name != "Job":
        found += _pod(value, kind.template)
    if kind.name in _SELECTING:
        found += _selector(value, live)
    check = _BY_KIND.get(kind.name)
    return [*found, *(check(value, live) if check else ())]


def _metadata(kind: Kind, value: Object) -> Iterator[Cause]:
    name = text(value, "metadata", "name")
    strict = not kind.group.startswith("rbac.")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif len(name) > 253 or not (_NAME if strict else _PATH_SAFE).fullmatch(name):
        yield bad_value("metadata.name", name, _NAME_RULE)
    for field in ("labels", "annotations"):
        for key, item in table(value, "metadata", field).items():
            if not isinstance(item, str):
                yield bad_value(f"metadata.{field}", {key: item}, "must be a string")


def _pod(value: Object, template: tuple[str, ...]) -> Iterator[Cause]:
    spec, path = (*template, "spec"), ".".join((*template, "spec"))
    containers = items(value, *spec, "containers")
    if not containers:
        yield required(f"{path}.containers")
    for place, container in enumerate(containers):
        yield from _container(container, f"{path}.containers[{place}]")
    names = [container.get("name") for container in containers if isinstance(container, dict)]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield duplicate(f"{path}.containers[{len(names) - 1 - names[::-1].index(name)}].name", name)


def _container(container: Any, path: str) -> Iterator[Cause]:
    if not isinstance(container, dict):
        yield bad_value(path, container, "must be an object")
        return
    for field in ("name", "image"):
        if not text(container, field):
            yield required(f"{path}.{field}")
    yield from ports.of_container(container, path)


def _selector(value: Object, live: Object | None) -> Iterator[Cause]:
    selector = at(value, "spec", "selector")
    labels = table(value, "spec", "template", "metadata", "labels")
    if not isinstance(selector, dict) or not selector:
        yield required("spec.selector")
    elif not by_workload(selector, labels):
        yield bad_value("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    if live is not None and selector != at(live, "spec", "selector"):
        yield bad_value("spec.selector", selector, "field is immutable")


def _count(value: Object, name: str) -> Iterator[Cause]:
    found = at(value, "spec", name)
    if found is None:
        return
    if not isinstance(found, int) or isinstance(found, bool):
        yield bad_value(f"spec.{name}", found, "must be an integer")
    elif not 0 <= found < 2**31:
        yield bad_value(f"spec.{name}", found, "must be greater than or equal to 0")


def _sized(value: Object, live: Object | None) -> Iterator[Cause]:
    for name in ("replicas", "minReadySeconds", "revisionHistoryLimit", "parallelism", "completions"):
        yield from _count(value, name)


def _deployment(value: Object, live: Object | None) -> Iterator[Cause]:
    yield from _sized(value, live)
    strategy = table(value, "spec", "strategy")
    if strategy.get("type") not in {"RollingUpdate", "Recreate"}:
        yield unsupported("spec.strategy.type", strategy.get("type"), ("Recreate", "RollingUpdate"))
    if strategy.get("type") == "Recreate" and "rollingUpdate" in strategy:
        yield forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    rolling = table(strategy, "rollingUpdate")
    if rolling and all(rolling.get(name) in {0, "0%", "0"} for name in ("maxSurge", "maxUnavailable")):
        detail = "may not be 0 when `maxSurge` is 0"
        yield bad_value("spec.strategy.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], detail)


def _service(value: Object, live: Object | None) -> Iterator[Cause]:
    if (
        not items(value, "spec", "ports")
        and at(value, "spec", "clusterIP") != "None"
        and at(value, "spec", "type") != "ExternalName"
    ):
        yield required("spec.ports")
    yield from ports.of_service(value)
    before = text(live, "spec", "clusterIP") if live else ""
    if before and at(value, "spec", "clusterIP") != before and at(value, "spec", "type") == "ClusterIP":
        yield bad_value("spec.clusterIPs[0]", at(value, "spec", "clusterIP"), "may not change once set")


def _frozen_when_immutable(value: Object, live: Object | None) -> Iterator[Cause]:
    if live is None or live.get("immutable") is not True:
        return
    for field in ("data", "binaryData", "immutable"):
        if value.get(field) != live.get(field):
            yield forbidden(field, "field is immutable when `immutable` is set")


def _job(value: Object, live: Object | None) -> Iterator[Cause]:
    yield from _sized(value, live)
    policy = at(value, "spec", "template", "spec", "restartPolicy")
    if policy not in {"OnFailure", "Never"}:
        yield unsupported("spec.template.spec.restartPolicy", policy, ("OnFailure", "Never"))
    if live is not None and at(live, "spec", "template") != at(value, "spec", "template"):
        yield bad_value("spec.template", "…", "field is immutable")


def _pod_itself(value: Object, live: Object | None) -> Iterator[Cause]:
    if live is None:
        return
    before, after = _without_images(live), _without_images(value)
    if before != after:
        detail = (
            "pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
            "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
            "previously negative)"
        )
        yield forbidden("spec", detail)


def _without_images(pod: Object) -> Object:
    """A pod's spec without what may change: images, and what the scheduler and kubectl may set."""
    free = {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "nodeName", "schedulingGates"}
    spec = {name: item for name, item in table(pod, "spec").items() if name not in free}
    for field in ("containers", "initContainers"):
        if field in spec:
            spec[field] = [{**item, "image": None, "imagePullPolicy": None} for item in spec[field]]
    return spec


def _cron_job(value: Object, live: Object | None) -> Iterator[Cause]:
    schedule = text(value, "spec", "schedule")
    if not schedule:
        yield required("spec.schedule")
    else:
        try:
            schedules.parsed(schedule)
        except schedules.BadSchedule as error:
            yield bad_value("spec.schedule", schedule, str(error))
    zone = text(value, "spec", "timeZone")
    if zone and zone not in available_timezones():
        yield bad_value("spec.timeZone", zone, f"unknown time zone {zone}")
    policy = at(value, "spec", "concurrencyPolicy")
    if policy not in _POLICIES:
        yield unsupported("spec.concurrencyPolicy", policy, _POLICIES)


def _autoscaler(value: Object, live: Object | None) -> Iterator[Cause]:
    least, most = number(value, "spec", "minReplicas", default=1), number(value, "spec", "maxReplicas")
    if least < 1:
        yield bad_value("spec.minReplicas", least, "must be greater than or equal to 1")
    if most == 0:
        yield required("spec.maxReplicas", "must be set and greater than 0")
    elif most < 0:
        yield bad_value("spec.maxReplicas", most, "must be greater than or equal to 1")
    if most < least:
        yield bad_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    for name in ("kind", "name"):
        if not text(value, "spec", "scaleTargetRef", name):
            yield required(f"spec.scaleTargetRef.{name}")


_BY_KIND: dict[str, Callable[[Object, Object | None], Iterator[Cause]]] = {
    "Deployment": _deployment,
    "ReplicaSet": _sized,
    "StatefulSet": _sized,
    "Job": _job,
    "Pod": _pod_itself,
    "Service": _service,
    "CronJob": _cron_job,
    "HorizontalPodAutoscaler": _autoscaler,
    "ConfigMap": _frozen_when_immutable,
    "Secret": _frozen_when_immutable,
}
