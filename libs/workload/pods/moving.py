"""From planned sizes to requests: one fenced write for each ReplicaSet that changes, those that add capacity first."""

from collections.abc import Mapping

from libs.messages.rollout import Workload
from libs.workload.autoscaling.aims import autoscaler_name
from libs.workload.dialogue.fence import must_claim
from libs.workload.dialogue.outlook import CLEAR, Outlook
from libs.workload.dialogue.requests import adopt, claim, create, delete, place, read, resize
from libs.workload.dialogue.wanted import Adopted, Request, Seen, Snapshot, Wanted
from libs.workload.kinds.naming import APPLICATION, AUTOSCALER, ENVIRONMENT, MANAGED_LABEL, REVISION, WORKLOAD, Marks
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    deployment_identity,
    identity,
    is_deployment,
    is_leaving,
    text,
)
from libs.workload.manifests.convert import replica_set
from libs.workload.pods.fleet import Fleet, Slot, fleet_of
from libs.workload.pods.reasons import why_not
from libs.workload.pods.scaling import Plan


def moved(wanted: Wanted, seen: Seen, fleet: Fleet, plan: Plan) -> Outlook:
    """What brings the fleet to the plan's next sizes; before the first change of all, the workload is made ours."""
    claims = claimed(wanted, fleet)
    if claims.requests:
        return claims
    if not _differs(fleet, plan):
        return CLEAR
    return _taken_over(wanted, seen, fleet) or _resizes(wanted, fleet, plan)


def claimed(wanted: Wanted, fleet: Fleet) -> Outlook:
    """Taken over from an older epoch, where there was one: what it may still make has its name taken."""
    found = (slot.present for slot in fleet.slots)
    claims = [
        claim(live, wanted.marks, wanted.fence)
        for live in found
        if live is not None and must_claim(live, wanted.marks, wanted.fence)
    ]
    manifest = _manifest(wanted, fleet, fleet.new) if wanted.fence.epoch > 1 and fleet.new.live is None else None
    if manifest is not None:
        claims.append(place(manifest, wanted.marks, wanted.fence))
    return Outlook(requests=tuple(claims))


def waits_of(fleet: Fleet, plan: Plan, usable: Mapping[Identity, int], seen: Seen) -> tuple[str, ...]:
    """What keeps the final sizes from being true: pods that `usable` asks for and that are not available."""
    waits = []
    for slot, size in zip(fleet.slots, plan.final, strict=True):
        needed = min(size, usable.get(slot.identity, 0))
        if slot.side.usable < needed:
            waits.append(_shortage(slot, needed, seen))
    if not waits and [slot.side.size for slot in fleet.slots] != list(plan.final):
        waits.append(f"{fleet.workload.name}: the sizes are not as wanted yet")
    return tuple(waits)


def unread(wanted: Wanted, seen: Seen) -> tuple[Request, ...]:
    """Reads of ReplicaSets that our watch may not show yet, because a Deployment made them."""
    adopted = {(one.namespace, one.name) for one in wanted.snapshot.adopted}
    return tuple(
        read("apps/v1", slot.identity)
        for workload in wanted.workloads
        if (workload.namespace, workload.name) in adopted
        for slot in fleet_of(workload, seen).stable
        if slot.identity not in seen.objects
    )


def adopted_of(wanted: Wanted, workload: Workload) -> Adopted | None:
    place = (workload.namespace, workload.name)
    return next((one for one in wanted.snapshot.adopted if (one.namespace, one.name) == place), None)


def adoption_marks(marks: Marks, name: str, autoscaler: str) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations that make a Deployment's ReplicaSet findable as a version of ours, and its autoscaler."""
    ours = {APPLICATION: marks.application, ENVIRONMENT: marks.environment, WORKLOAD: name}
    return {MANAGED_LABEL: "true"}, {**ours, AUTOSCALER: autoscaler} if autoscaler else ours


def held_name(snapshot: Snapshot, namespace: str, workload: str) -> str:
    """The autoscaler that the workload had; empty where it had none."""
    named = (one for one in snapshot.autoscalers if (one.identity.namespace, one.workload) == (namespace, workload))
    return next((one.identity.name for one in named), "")


def _differs(fleet: Fleet, plan: Plan) -> bool:
    return any(_changes(slot, size) for slot, size in zip(fleet.slots, plan.next, strict=True))


def _changes(slot: Slot, size: int) -> bool:
    """A ReplicaSet on its way out is waited for: its name is free again once it is gone."""
    is_going = slot.live is not None and is_leaving(slot.live)
    return slot.side.size != size and not is_going


def _taken_over(wanted: Wanted, seen: Seen, fleet: Fleet) -> Outlook | None:
    """A live Deployment lets go of its pods: its ReplicaSets are marked, then it is deleted without them."""
    adopted = adopted_of(wanted, fleet.workload)
    if adopted is None:
        return None
    where = deployment_identity(adopted.namespace, adopted.name)
    if where not in seen.objects:
        return Outlook(requests=(read("apps/v1", where),))
    live = seen.objects[where]
    if live is None or text(live, "metadata", "uid") != adopted.uid:
        return None
    scaler = held_name(wanted.snapshot, adopted.namespace, adopted.name)
    labels, annotations = adoption_marks(wanted.marks, adopted.name, scaler)
    marks = tuple(
        adopt(slot.present, labels, annotations, (wanted.marks, wanted.fence))
        for slot in fleet.stable
        if slot.present is not None and annotation(slot.present, WORKLOAD) != adopted.name
    )
    if marks:
        return Outlook(requests=marks)
    if is_leaving(live):
        return Outlook(waits=(f"{where} is letting go of its pods",), polls=(read("apps/v1", where),))
    return Outlook(requests=(delete(live, "apps/v1", where, "Orphan"),), polls=(read("apps/v1", where),))


def _resizes(wanted: Wanted, fleet: Fleet, plan: Plan) -> Outlook:
    """One that is to change while its controller has not seen its last size yet is waited for."""
    pairs = [(slot, size) for slot, size in zip(fleet.slots, plan.next, strict=True) if _changes(slot, size)]
    pairs.sort(key=lambda pair: pair[1] < pair[0].side.size)
    unseen = [slot for slot, _ in pairs if not slot.is_observed]
    return Outlook(
        requests=tuple(request for slot, size in pairs for request in _resized(wanted, fleet, slot, size))
        if not unseen
        else (),
        waits=tuple(f"{slot.identity}: its last size has not been seen to yet" for slot in unseen),
    )


def _resized(wanted: Wanted, fleet: Fleet, slot: Slot, size: int) -> tuple[Request, ...]:
    if slot.present is not None:
        return (resize(slot.present, size, wanted.marks, wanted.fence),)
    manifest = _manifest(wanted, fleet, slot)
    return (create(manifest, size, wanted.marks, wanted.fence),) if manifest is not None else ()


def _manifest(wanted: Wanted, fleet: Fleet, slot: Slot) -> Object | None:
    """How to make a ReplicaSet: the new one from its Deployment, a previous one as it was recorded."""
    if slot.recorded is not None:
        return next((kept.manifest for kept in wanted.snapshot.replica_sets if kept.identity == slot.identity), None)
    revisions = [revision_of(kept.manifest) for kept in wanted.snapshot.replica_sets]
    where = deployment_identity(fleet.workload.namespace, fleet.workload.name)
    for value in wanted.objects:
        if is_deployment(value) and identity(value) == where:
            name = autoscaler_name(wanted.objects, value)
            return replica_set(value, wanted.marks, 1 + max(revisions, default=0), name)
    return None


def revision_of(value: Object) -> int:
    revision = annotation(value, REVISION)
    return int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else 0


def _shortage(slot: Slot, needed: int, seen: Seen) -> str:
    counted = f"{slot.identity}: {slot.side.usable} of {needed} pods are available"
    reason = why_not(slot.live, seen.pods.get(slot.identity, ())) if slot.live is not None else ""
    return f"{counted}: {reason}" if reason else counted
