"""What is wrong with an object that somebody wants to store? Each problem names its field, as the real server does."""

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any
from zoneinfo import available_timezones

from sandbox.objects import ports, schedules
from sandbox.objects.causes import bad_value, forbidden, required, unsupported
from sandbox.objects.containers import problems_of_pods
from sandbox.objects.json import Object, at, items, number, table, text
from sandbox.objects.kinds import Kind
from sandbox.objects.naming import problems_of_metadata
from sandbox.objects.refusals import Cause
from sandbox.objects.selectors import by_workload

_COUNTS = (
    "replicas",
    "minReadySeconds",
    "revisionHistoryLimit",
    "parallelism",
    "completions",
    "backoffLimit",
    "startingDeadlineSeconds",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
)
_ENDING = {"Job", "CronJob"}
_PERCENT = re.compile(r"[0-9]+%")
_PERCENT_RULE = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_POLICIES = ("Allow", "Forbid", "Replace")
_SELECTING = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"}


def problems(kind: Kind, value: Object, live: Object | None) -> list[Cause]:
    """All problems; `live` is what the object was before, or None when it is new."""
    found = [*problems_of_metadata(kind, value), *(_kept(live, value) if live else ())]
    if kind.is_custom:
        return found
    if kind.name in _SELECTING:
        found += _selector(value, live)
    check = _BY_KIND.get(kind.name)
    found += check(value, live) if check else ()
    if kind.template is not None:
        found += problems_of_pods(kind.name, value, kind.template)
    if kind.name in _ENDING:
        found += _ending(value, ".".join((*(kind.template or ()), "spec", "restartPolicy")), kind)
    return found


def _kept(live: Object, value: Object) -> Iterator[Cause]:
    """What no update may change."""
    uid = text(value, "metadata", "uid")
    if uid and uid != text(live, "metadata", "uid"):
        yield bad_value("metadata.uid", uid, "field is immutable")
    before = items(live, "metadata", "finalizers")
    if at(live, "metadata", "deletionTimestamp") and (
        more := [one for one in items(value, "metadata", "finalizers") if one not in before]
    ):
        told = ", ".join(f'"{one}"' for one in more)
        detail = "no new finalizers can be added if the object is being deleted, found new finalizers "
        yield forbidden("metadata.finalizers", f"{detail}[]string{{{told}}}")


def _ending(value: Object, field: str, kind: Kind) -> Iterator[Cause]:
    policy = at(value, *(kind.template or ()), "spec", "restartPolicy")
    if policy in {None, "Always"}:
        yield required(field, 'valid values: "OnFailure", "Never"')
    elif policy not in {"OnFailure", "Never"}:
        yield unsupported(field, policy, ("OnFailure", "Never"))


def _selector(value: Object, live: Object | None) -> Iterator[Cause]:
    selector = at(value, "spec", "selector")
    labels = table(value, "spec", "template", "metadata", "labels")
    if not isinstance(selector, dict):
        yield required("spec.selector")
    elif not selector:
        yield bad_value("spec.selector", selector, f"empty selector is invalid for {text(value, 'kind').lower()}")
        return
    if not by_workload(selector if isinstance(selector, dict) else {}, labels):
        yield bad_value("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")
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
    for name in _COUNTS:
        yield from _count(value, name)


def _deployment(value: Object, live: Object | None) -> Iterator[Cause]:
    yield from _sized(value, live)
    least = number(value, "spec", "minReadySeconds")
    deadline = number(value, "spec", "progressDeadlineSeconds", default=600)
    if deadline <= least:
        yield bad_value("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    strategy = table(value, "spec", "strategy")
    if strategy.get("type") not in {"RollingUpdate", "Recreate"}:
        yield unsupported("spec.strategy", strategy, ("Recreate", "RollingUpdate"))
    if strategy.get("type") == "Recreate" and "rollingUpdate" in strategy:
        yield forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    rolling = table(strategy, "rollingUpdate")
    for name, share in rolling.items():
        yield from _share(share, f"spec.strategy.rollingUpdate.{name}", is_limited=name == "maxUnavailable")
    if rolling and all(rolling.get(name) in {0, "0%", "0"} for name in ("maxSurge", "maxUnavailable")):
        detail = "may not be 0 when `maxSurge` is 0"
        yield bad_value("spec.strategy.rollingUpdate.maxUnavailable", rolling["maxUnavailable"], detail)


def _share(share: Any, field: str, *, is_limited: bool) -> Iterator[Cause]:
    """A count or a percentage."""
    if isinstance(share, int) and share < 0:
        yield bad_value(field, share, "must be greater than or equal to 0")
    elif isinstance(share, str) and not _PERCENT.fullmatch(share):
        yield bad_value(field, share, _PERCENT_RULE)
    elif isinstance(share, str) and is_limited and int(share[:-1]) > 100:
        yield bad_value(field, share, "must not be greater than 100%")


def _stateful_set(value: Object, live: Object | None) -> Iterator[Cause]:
    yield from _sized(value, live)
    if (policy := at(value, "spec", "podManagementPolicy")) not in {"OrderedReady", "Parallel"}:
        yield bad_value("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    if at(value, "spec", "updateStrategy", "type") not in {"RollingUpdate", "OnDelete"}:
        told = at(value, "spec", "updateStrategy")
        yield bad_value("spec.updateStrategy", told, "must be 'RollingUpdate' or 'OnDelete'")


def _service(value: Object, live: Object | None) -> Iterator[Cause]:
    if (
        not items(value, "spec", "ports")
        and at(value, "spec", "clusterIP") != "None"
        and at(value, "spec", "type") != "ExternalName"
    ):
        yield required("spec.ports")
    yield from ports.of_service(value)
    if (kind := at(value, "spec", "type")) not in _TYPES:
        yield unsupported("spec.type", kind, _TYPES)
    address = text(value, "spec", "clusterIP")
    if address not in {"", "None"} and not _is_address(address):
        detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        yield bad_value("spec.clusterIPs[0]", address, detail)
    before = text(live, "spec", "clusterIP") if live else ""
    if before and at(value, "spec", "clusterIP") != before and at(value, "spec", "type") == "ClusterIP":
        yield bad_value("spec.clusterIPs[0]", [at(value, "spec", "clusterIP")], "may not change once set")


def _is_address(told: str) -> bool:
    try:
        ip_address(told)
    except ValueError:
        return False
    return True


def _frozen_when_immutable(value: Object, live: Object | None) -> Iterator[Cause]:
    if live is None or live.get("immutable") is not True:
        return
    for field in ("data", "binaryData", "immutable"):
        if value.get(field) != live.get(field):
            yield forbidden(field, "field is immutable when `immutable` is set")


def _job(value: Object, live: Object | None) -> Iterator[Cause]:
    yield from _sized(value, live)
    if live is None:
        return
    if at(live, "spec", "completions") != at(value, "spec", "completions"):
        yield bad_value("spec.completions", at(value, "spec", "completions"), "field is immutable")
    if at(live, "spec", "template") != at(value, "spec", "template"):
        yield bad_value("spec.template.spec", at(value, "spec", "template", "spec"), "field is immutable")


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
    yield from _sized(value, live)
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
    if least == 0:
        detail = "must specify at least one Object or External metric to support scaling to zero replicas"
        yield forbidden("spec.metrics", detail)
    if most == 0:
        yield required("spec.maxReplicas", "must be set and greater than 0")
    elif most < 0:
        yield bad_value("spec.maxReplicas", most, "must be greater than or equal to 1")
    if most < least:
        yield bad_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    yield from _scale_target(value)


def _scale_target(value: Object) -> Iterator[Cause]:
    for name in ("kind", "name"):
        if not text(value, "spec", "scaleTargetRef", name):
            yield required(f"spec.scaleTargetRef.{name}")
    if not (version := text(value, "spec", "scaleTargetRef", "apiVersion")):
        yield bad_value("spec.scaleTargetRef.apiVersion", version, "apiVersion must specify API group")


def _definition(value: Object, live: Object | None) -> Iterator[Cause]:
    name = f"{text(value, 'spec', 'names', 'plural')}.{text(value, 'spec', 'group')}"
    if text(value, "metadata", "name") != name:
        told = text(value, "metadata", "name")
        yield bad_value("metadata.name", told, 'must be spec.names.plural+"."+spec.group')
    versions = [version for version in items(value, "spec", "versions") if isinstance(version, dict)]
    for place, version in enumerate(versions):
        if not table(version, "schema", "openAPIV3Schema"):
            yield required(f"spec.versions[{place}].schema.openAPIV3Schema")
    if sum(version.get("storage") is True for version in versions) != 1:
        yield bad_value("spec.versions", versions, "must have exactly one version marked as storage version")
        yield bad_value("status.storedVersions", None, "must have at least one stored version")


_BY_KIND: dict[str, Callable[[Object, Object | None], Iterator[Cause]]] = {
    "Deployment": _deployment,
    "ReplicaSet": _sized,
    "StatefulSet": _stateful_set,
    "Job": _job,
    "Pod": _pod_itself,
    "Service": _service,
    "CronJob": _cron_job,
    "CustomResourceDefinition": _definition,
    "HorizontalPodAutoscaler": _autoscaler,
    "ConfigMap": _frozen_when_immutable,
    "Secret": _frozen_when_immutable,
}
