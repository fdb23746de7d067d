"""What does the StatefulSet controller do: numbered pods, in turn, replaced from the highest down to a partition."""

from datetime import datetime

from msgspec import Struct

from sandbox.objects.json import Object, at, number, placed, text
from sandbox.objects.kinds import POD, STATEFUL_SET
from sandbox.simulation import revisions
from sandbox.simulation.pods import is_active, is_ready
from sandbox.simulation.replicasets import available_in, pod_of
from sandbox.simulation.revisions import Owned, revision_of
from sandbox.simulation.step import Create, Delete, Outcome, Update, Write, is_dying, name_of, with_status


class Plan(Struct, frozen=True):
    """Which revisions there are, how many pods there should be, and from which number on the new one is wanted."""

    current: str
    update: str
    size: int
    partition: int

    def revision_for(self, place: int) -> str:
        return self.update if place >= self.partition else self.current


def step(stateful_set: Object, owned: Owned, now: datetime) -> Outcome:
    plan = _plan(stateful_set)
    pods = {place: pod for pod in owned.pods if (place := _place(stateful_set, pod)) is not None}
    status, wake_in = _status(stateful_set, plan, pods, now)
    writes: list[Write] = [] if status == stateful_set else [Update(STATEFUL_SET, status, "status")]
    if not is_dying(stateful_set):
        writes += revisions.kept(STATEFUL_SET, stateful_set, owned) or _moved(stateful_set, plan, pods, owned)
    return Outcome(tuple(writes), wake_in)


def _plan(stateful_set: Object) -> Plan:
    update = revisions.wanted_revision(stateful_set)
    return Plan(
        current=text(stateful_set, "status", "currentRevision") or update,
        update=update,
        size=number(stateful_set, "spec", "replicas", default=1),
        partition=number(stateful_set, "spec", "updateStrategy", "rollingUpdate", "partition"),
    )


def _place(stateful_set: Object, pod: Object) -> int | None:
    told = name_of(pod).removeprefix(f"{name_of(stateful_set)}-")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _moved(stateful_set: Object, plan: Plan, pods: dict[int, Object], owned: Owned) -> list[Write]:
    """One pod at a time, unless the pods may be managed in parallel."""
    in_parallel = at(stateful_set, "spec", "podManagementPolicy") == "Parallel"
    writes = _grown(stateful_set, plan, pods, owned) + _shrunk(plan, pods)
    if in_parallel:
        return writes or _renewed(stateful_set, plan, pods)
    if any(is_dying(pod) for pod in pods.values()):
        return []
    waits = any(not is_ready(pod) for place, pod in pods.items() if place < plan.size)
    if writes:
        return writes[:1] if not waits or isinstance(writes[0], Delete) else _renewed(stateful_set, plan, pods)
    return _renewed(stateful_set, plan, pods)


def _grown(stateful_set: Object, plan: Plan, pods: dict[int, Object], owned: Owned) -> list[Write]:
    missing = [place for place in range(plan.size) if place not in pods]
    return [Create(POD, _pod(stateful_set, place, plan.revision_for(place), owned)) for place in missing]


def _pod(stateful_set: Object, place: int, revision: str, owned: Owned) -> Object:
    pod = pod_of(STATEFUL_SET, revisions.at_revision(stateful_set, revision, owned), str(place))
    pod = placed(pod, ("metadata", "generateName"), f"{name_of(stateful_set)}-")
    more = {"statefulset.kubernetes.io/pod-name": name_of(pod), "apps.kubernetes.io/pod-index": str(place)}
    return placed(revisions.labelled(pod, revision, **more), ("spec", "hostname"), name_of(pod))


def _shrunk(plan: Plan, pods: dict[int, Object]) -> list[Write]:
    surplus = sorted((place for place in pods if place >= plan.size), reverse=True)
    return [Delete(POD, pods[place]) for place in surplus if not is_dying(pods[place])]


def _renewed(stateful_set: Object, plan: Plan, pods: dict[int, Object]) -> list[Write]:
    """The highest pod of an old revision, once every pod above it is ready."""
    if at(stateful_set, "spec", "updateStrategy", "type") == "OnDelete":
        return []
    for place in sorted(pods, reverse=True):
        pod = pods[place]
        if place < plan.partition or is_dying(pod):
            return []
        if revision_of(pod) != plan.update:
            return [Delete(POD, pod)]
        if not is_ready(pod):
            return []
    return []


def _status(stateful_set: Object, plan: Plan, pods: dict[int, Object], now: datetime) -> tuple[Object, float | None]:
    active = [pod for pod in pods.values() if is_active(pod)]
    least = number(stateful_set, "spec", "minReadySeconds")
    waits = [wait for pod in active if (wait := available_in(pod, least, now)) is not None]
    updated = sum(revision_of(pod) == plan.update for pod in active)
    is_done = updated == len(active) == plan.size and len(waits) == plan.size
    current = plan.update if is_done and plan.partition == 0 else plan.current
    counted = with_status(
        stateful_set,
        observedGeneration=number(stateful_set, "metadata", "generation"),
        replicas=len(active),
        readyReplicas=len(waits) or None,
        availableReplicas=sum(wait == 0 for wait in waits),
        currentReplicas=sum(revision_of(pod) == current for pod in active) or None,
        updatedReplicas=updated or None,
        currentRevision=current,
        updateRevision=plan.update,
        collisionCount=0,
    )
    return counted, min((wait for wait in waits if wait > 0), default=None)
