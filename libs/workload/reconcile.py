"""The second pure function of a rollout: what to send so that what committed state wants becomes true.

apply     every object that is not a Deployment, rank by rank
weight    each workload's sizes for a weight, and the new version's pods available
swap      both versions whole, or one, and the active Services pointed to one of them
return    the stable version whole again, everything else as it was, the new version gone
finish    weight 100 once more, then the previous versions go

Autoscalers are held all the while: taken away before the first of it, and given back as the last.
"""

from datetime import datetime, timedelta
from functools import partial

from libs.messages.rollout import Workload
from libs.workload.autoscaling.holding import followed, held, known, rehearsed, restored, safe, unscaled
from libs.workload.dialogue.outlook import CLEAR, Decision, Outlook, combined, in_turn
from libs.workload.dialogue.requests import delete
from libs.workload.dialogue.wanted import Problem, Seen, Stage, Superseded, Wanted
from libs.workload.kinds.naming import PLACE_TAKEN
from libs.workload.kinds.objects import (
    annotation,
    deployment_identity,
    is_leaving,
    number,
    replica_set_identity,
    text,
)
from libs.workload.manifests.accepting import accepted
from libs.workload.manifests.applying import applied
from libs.workload.manifests.awaiting import all_ready
from libs.workload.manifests.keeping import kept
from libs.workload.manifests.remaking import remade, unowned
from libs.workload.manifests.restoring import created_removed, none_comes, rest_restored, settings_restored
from libs.workload.pods.fleet import Slot, fleet_of, objection, slot_of
from libs.workload.pods.moving import moved, unread, waits_of
from libs.workload.pods.scaling import toward_return, toward_weight
from libs.workload.traffic.steering import obstacle
from libs.workload.traffic.swapping import DONE, services_restored, services_widened, swapped, swapped_back

LATEST_CREATE = timedelta(minutes=10)
"""For how long a create that got no answer may still come: its agent may have been stopped with it in hand."""


def reconcile(wanted: Wanted, seen: Seen) -> Decision:
    """What to send and what is waited for. Call again with what the answers told, until nothing is left to send."""
    return _objection(wanted, seen) or _outlook(wanted, seen)


def _objection(wanted: Wanted, seen: Seen) -> Superseded | Problem | None:
    if wanted.stage is Stage.APPLY:
        return None
    pods = (objection(wanted, fleet_of(workload, seen)) for workload in wanted.workloads)
    traffic = (obstacle(wanted, service, seen) for service in wanted.snapshot.services)
    found = next((one for one in (*pods, *traffic) if one is not None), None)
    return found or _changed_deployment(wanted, seen)


def _changed_deployment(wanted: Wanted, seen: Seen) -> Problem | None:
    """Going forward, a Deployment is taken over only as it was surveyed: what it has rolled since is not recorded."""
    for adopted in wanted.snapshot.adopted if wanted.stage in (Stage.WEIGHT, Stage.SWAP) else ():
        where = deployment_identity(adopted.namespace, adopted.name)
        live = seen.objects.get(where)
        if live is None or is_leaving(live):
            continue
        if (text(live, "metadata", "uid"), number(live, "metadata", "generation")) != (adopted.uid, adopted.generation):
            return Problem(f"{where} was changed by somebody since this rollout began: deploy again")
    return None


def _outlook(wanted: Wanted, seen: Seen) -> Outlook:
    if wanted.stage is Stage.APPLY:
        return in_turn(*(partial(look, wanted, seen) for look in (held, applied, accepted, rehearsed, all_ready)))
    unknown = unread(wanted, seen)
    if unknown:
        return Outlook(requests=unknown)
    match wanted.stage:
        case Stage.RETURN:
            return _returned(wanted, seen)
        case Stage.FINISH:
            return in_turn(partial(known, wanted, seen), partial(_finished, wanted, seen))
        case Stage.WEIGHT | Stage.SWAP:
            return in_turn(*(partial(look, wanted, seen) for look in (held, _led, all_ready)))


def _led(wanted: Wanted, seen: Seen) -> Outlook:
    if wanted.stage is Stage.SWAP:
        return swapped(wanted, seen, wanted.swap or DONE)
    return combined(_weighted(wanted, seen, workload, wanted.weight) for workload in wanted.workloads)


def _weighted(wanted: Wanted, seen: Seen, workload: Workload, weight: int) -> Outlook:
    fleet = fleet_of(workload, seen)
    plan = toward_weight(fleet, weight)
    look = moved(wanted, seen, fleet, plan)
    waits = waits_of(fleet, plan, {fleet.new.identity: workload.replicas}, seen)
    return combined([Outlook(waits=waits), look])


def _returned(wanted: Wanted, seen: Seen) -> Outlook:
    """What an object's refusal holds back is only what comes after it, never the return of capacity."""
    return in_turn(
        lambda: combined([settings_restored(wanted, seen), _capacity_back(wanted, seen)]),
        partial(rest_restored, wanted, seen),
        partial(created_removed, wanted, seen),
        partial(none_comes, wanted),
    )


def _capacity_back(wanted: Wanted, seen: Seen) -> Outlook:
    ours = unowned(unscaled(wanted, seen), seen)
    return in_turn(
        partial(safe, wanted, seen),
        partial(_stable_again, ours, seen),
        lambda: combined(_given_up(wanted, fleet_of(workload, seen).new, seen) for workload in wanted.workloads),
        partial(services_restored, ours, seen),
        partial(remade, wanted, seen),
        partial(restored, wanted, seen),
    )


def _stable_again(wanted: Wanted, seen: Seen) -> Outlook:
    if wanted.swap is not None:
        return swapped_back(wanted, seen)
    return combined(_went_back(wanted, seen, workload) for workload in wanted.workloads)


def _went_back(wanted: Wanted, seen: Seen, workload: Workload) -> Outlook:
    fleet = fleet_of(workload, seen)
    plan = toward_return(fleet)
    look = moved(wanted, seen, fleet, plan)
    # A stable version that was not whole before need not be more than it was.
    usable = {kept.identity: kept.available for kept in wanted.snapshot.replica_sets}
    waits = waits_of(fleet, plan, usable, seen)
    gone = _given_up(wanted, fleet.new, seen) if fleet.new.side.size == 0 and not look.requests else CLEAR
    return combined([Outlook(waits=waits), look, gone])


def _given_up(wanted: Wanted, slot: Slot, seen: Seen) -> Outlook:
    """A new version that a late create may still make stays, without pods: a later rollout deletes it."""
    may_come = wanted.fence.epoch > 1 or (slot.present is not None and annotation(slot.present, PLACE_TAKEN))
    if slot.present is None or not may_come:
        return _gone(slot, seen)
    return _emptied(slot, seen)


def _emptied(slot: Slot, seen: Seen) -> Outlook:
    """A ReplicaSet without wanted pods that stays: waited for until its pods have been told to end."""
    pods = any(not is_leaving(pod) for pod in seen.pods.get(slot.identity, ()))
    return Outlook(waits=(f"{slot.identity} still has pods",)) if pods else CLEAR


def _may_be_made(slot: Slot, made: str) -> bool:
    """Whether a create of this version may still come, by when the new one was `made`: both are the server's stamps."""
    if slot.live is None or not annotation(slot.live, PLACE_TAKEN):
        return False
    try:
        return datetime.fromisoformat(made) - datetime.fromisoformat(_made_at(slot)) < LATEST_CREATE
    except ValueError:
        return False


def _made_at(slot: Slot) -> str:
    return text(slot.live, "metadata", "creationTimestamp")


def _gone(slot: Slot, seen: Seen) -> Outlook:
    """A ReplicaSet without wanted pods is deleted, and waited for until its pods have been told to end."""
    if slot.present is not None:
        return Outlook(requests=(delete(slot.present, "apps/v1", slot.identity),))
    if slot.live is not None or any(not is_leaving(pod) for pod in seen.pods.get(slot.identity, ())):
        return Outlook(waits=(f"{slot.identity} is being deleted",))
    return CLEAR


def _finished(wanted: Wanted, seen: Seen) -> Outlook:
    ours = unscaled(wanted, seen)
    fleets = [fleet_of(workload, seen) for workload in wanted.workloads]
    empty = [*(slot for fleet in fleets for slot in fleet.stable), *_leftovers(wanted, seen)]
    made = max((_made_at(fleet.new) for fleet in fleets), default="")
    return in_turn(
        partial(_whole, ours, seen),
        lambda: combined((_emptied if _may_be_made(slot, made) else _gone)(slot, seen) for slot in empty),
        partial(services_widened, ours, seen),
        partial(kept, wanted, seen),
        partial(followed, wanted, seen),
    )


def _whole(wanted: Wanted, seen: Seen) -> Outlook:
    stable = [slot for workload in wanted.workloads for slot in fleet_of(workload, seen).stable]
    if wanted.swap is not None and any(slot.side.size for slot in stable):
        return swapped(wanted, seen, DONE)
    return combined(_weighted(wanted, seen, workload, 100) for workload in wanted.workloads)


def _leftovers(wanted: Wanted, seen: Seen) -> list[Slot]:
    """Empty versions of earlier rollouts, as recorded: grown or made anew since, they stay."""
    found = []
    for namespace, version in wanted.snapshot.leftovers:
        where = replica_set_identity(namespace, version.replica_set)
        live = seen.objects.get(where)
        if live is None or text(live, "metadata", "uid") != version.uid or number(live, "spec", "replicas"):
            continue
        found.append(slot_of(where, seen))
    return found
