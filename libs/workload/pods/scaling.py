"""Which sizes come next for one workload, forward to a weight or back to what was."""

from collections.abc import Sequence

from msgspec import Struct

from libs.workload.pods.fleet import Fleet, Slot
from libs.workload.pods.sizes import Bounds, Pair, Side, lowered, move, pair, raised


class Plan(Struct, frozen=True):
    """Sizes for every ReplicaSet of a fleet, in the order of `Fleet.slots`: now, and in the end."""

    next: tuple[int, ...]
    final: tuple[int, ...]


def toward_weight(fleet: Fleet, weight: int) -> Plan:
    """A workload's first version takes everything at any weight: there is nothing to go back to, nothing to compare."""
    workload = fleet.workload
    total = workload.replicas
    aim = pair(total, 100 if fleet.is_first else weight, workload.max_surge)
    if weight == 0 and not fleet.is_first:
        # Nothing for the new version; the stable one stays as it was, even where the manifest asks for another size.
        total = sum(_recorded(fleet))
        aim = Pair(0, total)
    bounds = Bounds(max(total, workload.replicas) + workload.max_surge, total - workload.max_unavailable)
    stable = [slot.side for slot in fleet.stable]
    reached = move(aim, fleet.new.side, _sum(stable), bounds)
    return Plan(
        next=(*_shared(fleet.stable, reached.stable), reached.new),
        final=(*_shared(fleet.stable, aim.stable), aim.new),
    )


def toward_return(fleet: Fleet) -> Plan:
    """Every previous version back to its own size; the new one goes as these become available.

    What exceeds a previous size is on its way out like the new version. Of what goes, pods that are not available are
    given up at once, whatever is missing elsewhere: a broken version holds up nothing.
    """
    workload, recorded = fleet.workload, _recorded(fleet)
    staying = [_at_most(slot.side, size) for slot, size in zip(fleet.stable, recorded, strict=True)]
    going = [_beyond(slot.side, size) for slot, size in zip(fleet.slots, (*recorded, 0), strict=True)]
    total = sum(recorded)
    bounds = Bounds(
        max(total, workload.replicas) + workload.max_surge,
        max(0, min(total, workload.replicas) - workload.max_unavailable),
    )
    reached = move(Pair(0, total), _sum(going), _sum(staying), bounds)
    back = raised([side.size for side in staying], recorded, reached.stable - _sum(staying).size)
    usable = sum(side.usable for side in going)
    left = lowered(going, _sum(going).size - min(reached.new, usable))
    return Plan(next=tuple(size + extra for size, extra in zip((*back, 0), left, strict=True)), final=(*recorded, 0))


def _recorded(fleet: Fleet) -> tuple[int, ...]:
    return tuple(version.replicas for version in fleet.workload.previous)


def _shared(slots: Sequence[Slot], total: int) -> tuple[int, ...]:
    sizes = [slot.side.size for slot in slots]
    if total >= sum(sizes):
        return raised(sizes, [slot.recorded.replicas if slot.recorded else 0 for slot in slots], total - sum(sizes))
    return lowered([slot.side for slot in slots], sum(sizes) - total)


def _sum(sides: Sequence[Side]) -> Side:
    return Side(sum(side.size for side in sides), sum(side.usable for side in sides))


def _at_most(side: Side, size: int) -> Side:
    return Side(min(side.size, size), min(side.usable, size))


def _beyond(side: Side, size: int) -> Side:
    kept = _at_most(side, size)
    return Side(side.size - kept.size, side.usable - kept.usable)
