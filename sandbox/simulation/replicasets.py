"""What does the ReplicaSet controller do: as many pods as wanted, adopted where they match, and a status that
counts them.
"""

from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

from sandbox.objects.json import Object, at, instant, items, number, stamp, table, text
from sandbox.objects.kinds import POD, REPLICA_SET, Kind
from sandbox.objects.selectors import by_workload, labels_of
from sandbox.simulation.pods import is_active, is_ready
from sandbox.simulation.step import (
    Create,
    Delete,
    Outcome,
    Update,
    Write,
    adopted,
    condition,
    controlled_by,
    is_controlled,
    is_dying,
    is_orphan,
    name_of,
    with_status,
)
from sandbox.state.deletion import orphaned

BURST = 500
"""Pods made or deleted at one step, as the real controller limits itself."""


class Suffixes(Protocol):
    def __call__(self) -> str: ...


class Pods(Struct, frozen=True):
    """The pods that a ReplicaSet sees: its own, and those without a controller in its namespace."""

    own: list[Object]
    orphans: list[Object]


def sort_out(kind: Kind, parent: Object, pods: Pods) -> tuple[list[Object], list[Write]]:
    """Its pods, after taking in orphans that match and letting go of pods that no longer do."""
    selector = table(parent, "spec", "selector")
    own = [pod for pod in pods.own if is_controlled(pod, parent)]
    kept = [pod for pod in own if by_workload(selector, labels_of(pod))]
    lost: list[Write] = [
        Update(POD, orphaned(pod, str(at(parent, "metadata", "uid")))) for pod in own if pod not in kept
    ]
    if is_dying(parent):
        return kept, lost
    found = [pod for pod in pods.orphans if is_orphan(pod) and is_active(pod) and by_workload(selector, labels_of(pod))]
    taken = [adopted(kind, parent, pod) for pod in found]
    return [*kept, *taken], [*lost, *(Update(POD, pod) for pod in taken)]


def step(replica_set: Object, pods: Pods, now: datetime, suffix: Suffixes) -> Outcome:
    own, writes = sort_out(REPLICA_SET, replica_set, pods)
    active = [pod for pod in own if is_active(pod)]
    status, wake_in = _status(replica_set, active, sum(is_dying(pod) for pod in own), now)
    writes += [Update(REPLICA_SET, status, "status")] if status != replica_set else []
    if not is_dying(replica_set):
        writes += _sized(replica_set, active, suffix)
    return Outcome(tuple(writes), wake_in)


def _sized(replica_set: Object, active: list[Object], suffix: Suffixes) -> list[Write]:
    missing = number(replica_set, "spec", "replicas", default=1) - len(active)
    if missing >= 0:
        return [Create(POD, pod_of(REPLICA_SET, replica_set, suffix())) for _ in range(min(missing, BURST))]
    return [Delete(POD, pod) for pod in sorted(active, key=_worth)[: min(-missing, BURST)]]


def _worth(pod: Object) -> tuple[bool, bool, bool, int, float, str]:
    """Which pods go first: not placed, not running, not ready, cheap to delete, youngest."""
    cost = str(at(pod, "metadata", "annotations", "controller.kubernetes.io/pod-deletion-cost") or "0")
    created = instant(text(pod, "metadata", "creationTimestamp")).timestamp()
    return (
        bool(text(pod, "spec", "nodeName")),
        text(pod, "status", "phase") == "Running",
        is_ready(pod),
        int(cost) if cost.lstrip("-").isdigit() else 0,
        -created,
        name_of(pod),
    )


def _conditions(replica_set: Object, size: int) -> list[Object]:
    """That pods could not be made is true until they are all there."""
    whole = size >= number(replica_set, "spec", "replicas", default=1)
    found = items(replica_set, "status", "conditions")
    return [one for one in found if not (whole and one.get("type") == "ReplicaFailure")]


def hindered(replica_set: Object, message: str, now: datetime) -> Object:
    """Itself, saying why its pods are not made."""
    kept = [one for one in items(replica_set, "status", "conditions") if one.get("type") != "ReplicaFailure"]
    since = condition(replica_set, "ReplicaFailure").get("lastTransitionTime") or stamp(now)
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    return with_status(replica_set, conditions=[*kept, {**failure, "lastTransitionTime": since}])


def pod_of(kind: Kind, parent: Object, suffix: str) -> Object:
    """A new pod from a workload's template, controlled by the workload."""
    template = table(parent, "spec", "template")
    metadata = {
        **{name: item for name, item in table(template, "metadata").items() if name in {"labels", "annotations"}},
        "generateName": f"{name_of(parent)}-",
        "name": f"{name_of(parent)}-{suffix}",
        "namespace": text(parent, "metadata", "namespace"),
        "ownerReferences": [controlled_by(kind, parent)],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": table(template, "spec")}


def available_in(pod: Object, min_ready_seconds: int, now: datetime) -> float | None:
    """Seconds until a pod has been ready for long enough: 0 when it has, None when it is not ready."""
    if not is_ready(pod):
        return None
    since = instant(text(condition(pod, "Ready"), "lastTransitionTime"))
    return max(0.0, (since + timedelta(seconds=min_ready_seconds) - now).total_seconds())


def _status(replica_set: Object, active: list[Object], dying: int, now: datetime) -> tuple[Object, float | None]:
    least = number(replica_set, "spec", "minReadySeconds")
    waits = [wait for pod in active if (wait := available_in(pod, least, now)) is not None]
    labels = table(replica_set, "spec", "template", "metadata", "labels").items()
    counted = with_status(
        replica_set,
        replicas=len(active),
        fullyLabeledReplicas=sum(labels <= labels_of(pod).items() for pod in active) or None,
        readyReplicas=len(waits) or None,
        availableReplicas=sum(wait == 0 for wait in waits) or None,
        terminatingReplicas=dying,
        observedGeneration=number(replica_set, "metadata", "generation"),
        conditions=_conditions(replica_set, len(active)) or None,
    )
    return counted, min((wait for wait in waits if wait > 0), default=None)
