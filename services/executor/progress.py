"""What people are shown of a rollout's pods. Pure."""

from collections.abc import Callable, Iterable
from datetime import datetime

from libs.messages.live import LivePod, LiveTarget, LiveVersion, LiveWorkload
from libs.messages.rollout import Workload
from libs.rollout.state import Rollout
from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.objects import Object, items, number, replica_set_identity, text
from libs.workload.pods.fleet import is_ready
from libs.workload.pods.reasons import why_not

MOST_PODS = 50


LastSeen = Callable[[str], datetime | None]
"""By namespace: since when nobody has seen what is there; None where it is seen."""


def live_target(
    rollout: Rollout, seen: Seen, at: datetime, away_since: datetime | None, last_seen: LastSeen = lambda _: None
) -> LiveTarget:
    workloads = tuple(_workload(workload, seen, last_seen(workload.namespace)) for workload in rollout.workloads)
    return LiveTarget(rollout.target, at, workloads, away_since)


def _workload(workload: Workload, seen: Seen, last_seen: datetime | None) -> LiveWorkload:
    named = [(workload.replica_set, "new"), *((version.replica_set, "stable") for version in workload.previous)]
    versions = (_version(workload.namespace, name, role, seen) for name, role in named)
    return LiveWorkload(workload.name, tuple(version for version in versions if version is not None), last_seen)


def _version(namespace: str, name: str, role: str, seen: Seen) -> LiveVersion | None:
    where = replica_set_identity(namespace, name)
    live = seen.objects.get(where)
    if live is None:
        return None
    pods = seen.pods.get(where, ())
    return LiveVersion(
        replica_set=name,
        role=role,
        image=", ".join(_images(live)),
        replicas=number(live, "spec", "replicas"),
        ready=number(live, "status", "readyReplicas"),
        available=number(live, "status", "availableReplicas"),
        pods=tuple(_pod(live, pod) for pod in pods[:MOST_PODS]),
    )


def _pod(live: Object, pod: Object) -> LivePod:
    ready = is_ready(pod)
    return LivePod(text(pod, "metadata", "name"), ready, "" if ready else why_not(live, (pod,)))


def _images(live: Object) -> Iterable[str]:
    return (text(container, "image") for container in items(live, "spec", "template", "spec", "containers"))
