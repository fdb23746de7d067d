"""What does the DaemonSet controller do: one pod on every node, replaced a few at a time."""

from datetime import datetime

from msgspec import Struct

from sandbox.objects.json import Object, at, number, placed, text
from sandbox.objects.kinds import DAEMON_SET, POD
from sandbox.simulation import revisions
from sandbox.simulation.pods import is_active
from sandbox.simulation.replicasets import Suffixes, available_in, pod_of
from sandbox.simulation.revisions import Owned, revision_of
from sandbox.simulation.sizes import share_of
from sandbox.simulation.step import Create, Delete, Outcome, Update, Write, is_dying, with_status


class View(Struct, frozen=True):
    owned: Owned
    nodes: list[str]
    now: datetime


def step(daemon_set: Object, view: View, suffix: Suffixes) -> Outcome:
    update = revisions.wanted_revision(daemon_set)
    least = number(daemon_set, "spec", "minReadySeconds")
    active = {text(pod, "spec", "nodeName"): pod for pod in view.owned.pods if is_active(pod)}
    waits = {node: wait for node, pod in active.items() if (wait := available_in(pod, least, view.now)) is not None}
    status = _status(daemon_set, view, active, waits)
    writes: list[Write] = [] if status == daemon_set else [Update(DAEMON_SET, status, "status")]
    if not is_dying(daemon_set):
        writes += revisions.kept(DAEMON_SET, daemon_set, view.owned)
        writes += _missing(daemon_set, update, view, suffix)
        writes += _leaving(daemon_set, view, active, waits)
    return Outcome(tuple(writes), min((wait for wait in waits.values() if wait > 0), default=None))


def _missing(daemon_set: Object, update: str, view: View, suffix: Suffixes) -> list[Write]:
    """A pod for each node that has none, not even one on its way out."""
    taken = {text(pod, "spec", "nodeName") for pod in view.owned.pods if text(pod, "status", "phase") != "Failed"}
    return [Create(POD, _pod(daemon_set, update, node, suffix())) for node in view.nodes if node not in taken]


def _pod(daemon_set: Object, revision: str, node: str, suffix: str) -> Object:
    pod = revisions.labelled(pod_of(DAEMON_SET, daemon_set, suffix), revision, **{"pod-template-generation": "1"})
    return placed(pod, ("spec", "nodeName"), node)


def _leaving(daemon_set: Object, view: View, active: dict[str, Object], waits: dict[str, float]) -> list[Write]:
    if at(daemon_set, "spec", "updateStrategy", "type") == "OnDelete":
        return []
    update = revisions.wanted_revision(daemon_set)
    old = {node: pod for node, pod in active.items() if revision_of(pod) != update}
    lack = at(daemon_set, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
    available = sum(wait == 0 for wait in waits.values())
    spare = max(1, share_of(lack, len(view.nodes), up=True)) - (len(view.nodes) - available)
    broken = [pod for node, pod in old.items() if waits.get(node) != 0]
    whole = [pod for node, pod in old.items() if waits.get(node) == 0]
    return [Delete(POD, pod) for pod in [*broken, *whole[: max(0, spare)]]]


def _status(daemon_set: Object, view: View, active: dict[str, Object], waits: dict[str, float]) -> Object:
    update = revisions.wanted_revision(daemon_set)
    wanted, available = len(view.nodes), sum(wait == 0 for wait in waits.values())
    scheduled = sum(node in active for node in view.nodes)
    return with_status(
        daemon_set,
        observedGeneration=number(daemon_set, "metadata", "generation"),
        desiredNumberScheduled=wanted,
        currentNumberScheduled=scheduled,
        numberMisscheduled=len(active) - scheduled,
        numberReady=len(waits),
        updatedNumberScheduled=sum(revision_of(pod) == update for pod in active.values()) or None,
        numberAvailable=available or None,
        numberUnavailable=max(0, wanted - available) or None,
    )
