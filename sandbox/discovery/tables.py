"""Which columns does kubectl show for each kind, and what stands in them?"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from sandbox.discovery.printing import printed, short_span
from sandbox.objects.json import Object, at, instant, items, number, text
from sandbox.objects.json import table as mapping
from sandbox.objects.kinds import EVENT, Kind

Cell = Callable[[Object, datetime], Any]


class Shown(Struct, frozen=True):
    """How much of each object goes along, and the columns that a custom kind names itself."""

    includes: str
    columns: tuple[Object, ...] = ()


def table(kind: Kind, values: list[Object], now: datetime, shown: Shown) -> Object:
    own = {text(one, "name"): printed(one) for one in shown.columns}
    columns = {"Name": _name, **(own if kind.is_custom else _COLUMNS.get(kind.name, {}))}
    if kind is EVENT:
        columns = _COLUMNS[kind.name]
    elif not any(one.get("jsonPath") == ".metadata.creationTimestamp" for one in shown.columns):
        columns["Age"] = _age
    rows = [
        {"cells": [cell(value, now) for cell in columns.values()], **_object(value, shown.includes)} for value in values
    ]
    named = {text(one, "name"): one for one in shown.columns}
    definitions = [{**_definition(name), **_told(named.get(name, {}))} for name in columns]
    metadata = {"resourceVersion": at(values[0], "metadata", "resourceVersion")} if len(values) == 1 else {}
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    return {**head, "columnDefinitions": definitions, "rows": rows}


def _told(column: Object) -> Object:
    return {name: column[name] for name in ("type", "format", "description", "priority") if name in column}


def _object(value: Object, includes: str) -> Object:
    if includes == "None":
        return {}
    if includes == "Object":
        return {"object": value}
    metadata = mapping(value, "metadata")
    return {"object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}}


def _definition(name: str) -> Object:
    wide = name in _WIDE
    kind = "integer" if name in _NUMBERS else "string"
    form = "name" if name == "Name" else ""
    return {"name": name, "type": kind, "format": form, "description": "", "priority": 1 if wide else 0}


def _name(value: Object, _: datetime) -> str:
    return text(value, "metadata", "name")


def _last_seen(event: Object, now: datetime) -> str:
    seen = text(event, "lastTimestamp") or text(event, "metadata", "creationTimestamp")
    return short_span((now - instant(seen)).total_seconds()) if seen else "<unknown>"


def _age(value: Object, now: datetime) -> str:
    created = text(value, "metadata", "creationTimestamp")
    return short_span((now - instant(created)).total_seconds()) if created else "<unknown>"


def _path(*names: str, otherwise: Any = "<none>") -> Cell:
    def cell(value: Object, _: datetime) -> Any:
        found = at(value, *names)
        return otherwise if found in (None, "") else found

    return cell


def _count(*names: str) -> Cell:
    return lambda value, _: number(value, *names)


def _ready_of(wanted: tuple[str, ...]) -> Cell:
    return lambda value, _: f"{number(value, 'status', 'readyReplicas')}/{number(value, *wanted)}"


def _pod_ready(pod: Object, _: datetime) -> str:
    statuses = items(pod, "status", "containerStatuses")
    return f"{sum(bool(status.get('ready')) for status in statuses)}/{len(items(pod, 'spec', 'containers'))}"


def _pod_status(pod: Object, _: datetime) -> str:
    if at(pod, "metadata", "deletionTimestamp"):
        return "Terminating"
    for status in items(pod, "status", "containerStatuses"):
        for state in ("waiting", "terminated"):
            if reason := text(status, "state", state, "reason"):
                return reason
    return text(pod, "status", "reason") or text(pod, "status", "phase")


def _restarts(pod: Object, _: datetime) -> str:
    return str(max([number(status, "restartCount") for status in items(pod, "status", "containerStatuses")], default=0))


def _ports(service: Object, _: datetime) -> str:
    told = [f"{port.get('port')}/{port.get('protocol', 'TCP')}" for port in items(service, "spec", "ports")]
    return ",".join(told) or "<none>"


def _images(*path: str) -> Cell:
    return lambda value, _: ",".join(text(item, "image") for item in items(value, *path, "containers"))


def _containers(*path: str) -> Cell:
    return lambda value, _: ",".join(text(item, "name") for item in items(value, *path, "containers"))


def _selector(*path: str) -> Cell:
    return lambda value, _: ",".join(f"{key}={item}" for key, item in mapping(value, *path).items()) or "<none>"


def _entries(value: Object, _: datetime) -> int:
    return len(mapping(value, "data")) + len(mapping(value, "binaryData"))


def _node_status(node: Object, _: datetime) -> str:
    ready = [item for item in items(node, "status", "conditions") if item.get("type") == "Ready"]
    told = "Ready" if ready and ready[0].get("status") == "True" else "NotReady"
    return f"{told},SchedulingDisabled" if at(node, "spec", "unschedulable") else told


def _target(scaler: Object, _: datetime) -> str:
    return f"{text(scaler, 'spec', 'scaleTargetRef', 'kind')}/{text(scaler, 'spec', 'scaleTargetRef', 'name')}"


def _hosts(ingress: Object, _: datetime) -> str:
    return ",".join(text(rule, "host") or "*" for rule in items(ingress, "spec", "rules")) or "*"


_TEMPLATE = ("spec", "template", "spec")
_PODS: dict[str, Cell] = {"Containers": _containers(*_TEMPLATE), "Images": _images(*_TEMPLATE)}
_SELECTED: dict[str, Cell] = {"Selector": _selector("spec", "selector", "matchLabels")}

_COLUMNS: dict[str, dict[str, Cell]] = {
    "Pod": {
        "Ready": _pod_ready,
        "Status": _pod_status,
        "Restarts": _restarts,
        "IP": _path("status", "podIP"),
        "Node": _path("spec", "nodeName"),
    },
    "Deployment": {
        "Ready": _ready_of(("spec", "replicas")),
        "Up-to-date": _count("status", "updatedReplicas"),
        "Available": _count("status", "availableReplicas"),
        **_PODS,
        **_SELECTED,
    },
    "ReplicaSet": {
        "Desired": _count("spec", "replicas"),
        "Current": _count("status", "replicas"),
        "Ready": _count("status", "readyReplicas"),
        **_PODS,
        **_SELECTED,
    },
    "StatefulSet": {"Ready": _ready_of(("spec", "replicas")), **_PODS},
    "DaemonSet": {
        "Desired": _count("status", "desiredNumberScheduled"),
        "Current": _count("status", "currentNumberScheduled"),
        "Ready": _count("status", "numberReady"),
        "Up-to-date": _count("status", "updatedNumberScheduled"),
        "Available": _count("status", "numberAvailable"),
        **_PODS,
        **_SELECTED,
    },
    "Job": {
        "Completions": lambda job, _: f"{number(job, 'status', 'succeeded')}/{number(job, 'spec', 'completions')}",
        **_PODS,
    },
    "Service": {
        "Type": _path("spec", "type"),
        "Cluster-IP": _path("spec", "clusterIP"),
        "External-IP": lambda *_: "<none>",
        "Port(s)": _ports,
        "Selector": _selector("spec", "selector"),
    },
    "ConfigMap": {"Data": _entries},
    "Secret": {"Type": _path("type"), "Data": _entries},
    "Namespace": {"Status": _path("status", "phase")},
    "Node": {
        "Status": _node_status,
        "Roles": lambda *_: "<none>",
        "Version": _path("status", "nodeInfo", "kubeletVersion"),
    },
    "Event": {
        "Last Seen": _last_seen,
        "Type": _path("type"),
        "Reason": _path("reason"),
        "Object": lambda event, _: (
            f"{text(event, 'involvedObject', 'kind').lower()}/{text(event, 'involvedObject', 'name')}"
        ),
        "Message": _path("message"),
    },
    "HorizontalPodAutoscaler": {
        "Reference": _target,
        "MinPods": _count("spec", "minReplicas"),
        "MaxPods": _count("spec", "maxReplicas"),
        "Replicas": _count("status", "currentReplicas"),
    },
    "PodDisruptionBudget": {
        "Min Available": _path("spec", "minAvailable", otherwise="N/A"),
        "Max Unavailable": _path("spec", "maxUnavailable", otherwise="N/A"),
        "Allowed Disruptions": _count("status", "disruptionsAllowed"),
    },
    "Ingress": {"Class": _path("spec", "ingressClassName"), "Hosts": _hosts},
}
_WIDE = {"IP", "Node", "Containers", "Images", "Selector"}
_NUMBERS = {"Desired", "Current", "Up-to-date", "Available", "MinPods", "MaxPods", "Replicas", "Data"}
