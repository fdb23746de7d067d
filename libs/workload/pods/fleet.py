"""The ReplicaSets of one workload as they are: the new version, the stable ones, and whether we may write to them."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from libs.messages.rollout import Version, Workload
from libs.workload.dialogue.fence import Standing, standing
from libs.workload.dialogue.wanted import Problem, Seen, Superseded, Wanted
from libs.workload.kinds.naming import (
    APPLICATION,
    DEPLOYMENT_ID,
    ENVIRONMENT,
    MANAGED_LABEL,
    Marks,
    rollout_annotation,
    rollout_annotations,
)
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    at,
    identity,
    is_leaving,
    items,
    number,
    replica_set_identity,
    table,
    text,
)
from libs.workload.pods.sizes import Side


class Slot(Struct, frozen=True):
    """The place of one ReplicaSet, whether or not it is there."""

    identity: Identity
    live: Object | None
    side: Side
    recorded: Version | None = None

    @property
    def present(self) -> Object | None:
        """The live object unless it is on its way out."""
        return None if self.live is None or is_leaving(self.live) else self.live

    @property
    def is_observed(self) -> bool:
        """Whether its controller has seen its size: until then nobody can tell which of its pods stay."""
        observed = at(self.live or {}, "status", "observedGeneration")
        return not isinstance(observed, int) or observed >= number(self.live, "metadata", "generation")


class Fleet(Struct, frozen=True):
    workload: Workload
    new: Slot
    stable: tuple[Slot, ...]
    """In the order in which they give way."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        return (*self.stable, self.new)

    @property
    def is_first(self) -> bool:
        """No version had pods before: there is nothing to share with."""
        return not any(version.replicas for version in self.workload.previous)


def fleet_of(workload: Workload, seen: Seen) -> Fleet:
    stable = tuple(
        slot_of(replica_set_identity(workload.namespace, version.replica_set), seen, version)
        for version in workload.previous
    )
    return Fleet(workload, slot_of(replica_set_identity(workload.namespace, workload.replica_set), seen), stable)


def side_of(live: Object, pods: Sequence[Object]) -> Side:
    """Wanted and available pods. Status and pods are heard of at different times: the lower counts."""
    available = number(live, "status", "availableReplicas")
    if text(live, "spec", "template", "metadata", "labels", MANAGED_LABEL):
        available = min(available, sum(is_ready(pod) for pod in pods))
    return Side(number(live, "spec", "replicas", default=1), available)


def is_ready(pod: Object) -> bool:
    conditions = items(pod, "status", "conditions")
    return not is_leaving(pod) and any(at(c, "type") == "Ready" and at(c, "status") == "True" for c in conditions)


def owner_of(pod: Object) -> Identity | None:
    """The ReplicaSet that controls a pod: the key of `Seen.pods`."""
    for owner in items(pod, "metadata", "ownerReferences"):
        if at(owner, "kind") == "ReplicaSet" and at(owner, "controller") is True:
            return replica_set_identity(text(pod, "metadata", "namespace"), text(owner, "name"))
    return None


def belongs_to(live: Object, marks: Marks) -> bool:
    return (annotation(live, APPLICATION), annotation(live, ENVIRONMENT)) == (marks.application, marks.environment)


def rival(live: Object, marks: Marks) -> Problem | None:
    """Another application's rollout holds the object. One of our own has ended: an application runs one at a time."""
    others = set(rollout_annotations(table(live, "metadata", "annotations"))) - {rollout_annotation(marks)}
    if not others or belongs_to(live, marks):
        return None
    whose = f"application {annotation(live, APPLICATION)!r}, target {annotation(live, ENVIRONMENT)!r}"
    return Problem(
        f"{identity(live)} is steered by another rollout ({sorted(others)[0]}, {whose}): "
        "wait until it ends, or remove that annotation if it was given up"
    )


def objection(wanted: Wanted, fleet: Fleet) -> Superseded | Problem | None:
    """Why nothing may be written to this workload; None where it may."""
    for slot in fleet.slots:
        if slot.live is None:
            continue
        if standing(slot.live, wanted.marks, wanted.fence) is Standing.NEWER:
            return Superseded(slot.identity, annotation(slot.live, rollout_annotation(wanted.marks)))
        problem = rival(slot.live, wanted.marks) or _stranger(slot, slot.live, wanted.marks)
        if problem is not None:
            return problem
    return None


def _stranger(slot: Slot, live: Object, marks: Marks) -> Problem | None:
    if slot.recorded is None:
        known = annotation(live, DEPLOYMENT_ID) == marks.deployment
    else:
        # What we made again ourselves has a new uid, and our mark.
        made_again = bool(annotation(live, rollout_annotation(marks)))
        known = text(live, "metadata", "uid") == slot.recorded.uid or made_again
    if known:
        return None
    return Problem(f"{slot.identity} is not the one this rollout knows: somebody made it anew; delete it or rename it")


def slot_of(where: Identity, seen: Seen, recorded: Version | None = None) -> Slot:
    live = seen.objects.get(where)
    # A ReplicaSet on its way out takes its pods with it: none of them may be counted on.
    side = Side(0, 0) if live is None or is_leaving(live) else side_of(live, seen.pods.get(where, ()))
    slot = Slot(where, live, side, recorded)
    # One that was made smaller and larger again may have lost its pods in between.
    return slot if slot.is_observed else replace(slot, side=Side(side.size, 0))
