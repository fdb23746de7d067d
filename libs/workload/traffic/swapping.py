"""Blue/green: the new version comes up whole beside the old one, traffic moves at once, then the old one goes.

At every instant the active Services select one version, and only one that has its pods. So forward: they are narrowed
to the stable version before any other pod exists; the new version grows; they are pointed to it once it is whole; the
stable version shrinks once they are. Back: the stable version is made whole, they are pointed to it, the new version
goes, and then they are left as they were.
"""

from libs.workload.dialogue.outlook import CLEAR, Outlook, combined
from libs.workload.dialogue.requests import read
from libs.workload.dialogue.wanted import Seen, Steered, Swap, Wanted
from libs.workload.kinds.objects import Identity
from libs.workload.pods.fleet import Fleet, fleet_of
from libs.workload.pods.moving import claimed, moved, waits_of
from libs.workload.pods.scaling import Plan, toward_return
from libs.workload.traffic.selectors import Selector, to_new, to_stable
from libs.workload.traffic.steering import is_held, is_pointed, let_go, opened, pointed

DONE = Swap(traffic_to_new=True, stable_runs=False)


def swapped(wanted: Wanted, seen: Seen, swap: Swap) -> Outlook:
    """Forward, up to what the swap asks for."""
    fleets = _fleets(wanted, seen)
    begun = combined([*_opened(wanted, seen, fleets), *_gathered(wanted, seen, fleets)])
    if not begun.is_settled:
        return begun
    whole = all(fleet.new.side.usable >= fleet.workload.replicas for fleet in fleets)
    traffic = combined(_led(wanted, seen, fleets, swap.traffic_to_new and whole))
    if traffic.requests:
        return traffic
    shut = not swap.stable_runs and whole
    return _checked(wanted, combined(_grown(wanted, seen, fleet, swap, shut) for fleet in fleets))


def swapped_back(wanted: Wanted, seen: Seen) -> Outlook:
    """Capacity, then traffic, then the new version goes, and the Services are as they were."""
    fleets = _fleets(wanted, seen)
    begun = combined(_opened(wanted, seen, fleets))
    if begun.requests:
        return begun
    astray = [service for service in _active(wanted) if _leads_to_new(wanted, service, fleets, seen)]
    if astray:
        ready = all(_carries(wanted, fleet) for fleet in fleets)
        if not ready:
            return combined(_whole_again(wanted, seen, fleet) for fleet in fleets)
        return combined(pointed(wanted, one, _stable(wanted, one, fleets), seen) for one in astray)
    return combined(_shrunk(wanted, seen, fleet) for fleet in fleets)


def services_restored(wanted: Wanted, seen: Seen) -> Outlook:
    """As they were, once no pod of the new version is left."""
    services = wanted.snapshot.services
    return combined(let_go(wanted, one, one.before, seen) for one in services if one.before is not None)


def services_widened(wanted: Wanted, seen: Seen) -> Outlook:
    """As their owner means them, once no pod of an old version is left: whatever strategy comes next, they fit it."""
    reads = combined(opened(wanted, one, seen) for one in wanted.snapshot.services)
    if reads.requests:
        return reads
    return combined(let_go(wanted, one, one.selector, seen) for one in wanted.snapshot.services)


def _fleets(wanted: Wanted, seen: Seen) -> list[Fleet]:
    return [fleet_of(workload, seen) for workload in wanted.workloads]


def _opened(wanted: Wanted, seen: Seen, fleets: list[Fleet]) -> list[Outlook]:
    services = [opened(wanted, service, seen) for service in wanted.snapshot.services]
    return [*services, *(claimed(wanted, fleet) for fleet in fleets)]


def _active(wanted: Wanted) -> list[Steered]:
    return [service for service in wanted.snapshot.services if service.is_active]


def _of(service: Steered, fleets: list[Fleet]) -> Fleet:
    return next(fleet for fleet in fleets if _serves(service, fleet))


def _is_led(wanted: Wanted, fleet: Fleet) -> bool:
    return any(_serves(service, fleet) for service in _active(wanted))


def _serves(service: Steered, fleet: Fleet) -> bool:
    return (service.identity.namespace, service.workload) == (fleet.workload.namespace, fleet.workload.name)


def _stable(wanted: Wanted, service: Steered, fleets: list[Fleet]) -> Selector:
    return to_stable(service, _of(service, fleets), wanted)


def _leads_to_new(wanted: Wanted, service: Steered, fleets: list[Fleet], seen: Seen) -> bool:
    return is_pointed(service, to_new(service, _of(service, fleets).workload), seen)


def _gathered(wanted: Wanted, seen: Seen, fleets: list[Fleet]) -> list[Outlook]:
    """Of several stable versions the Services can select one: it carries all before they are narrowed to it."""
    looks = []
    for service in _active(wanted):
        fleet = _of(service, fleets)
        if len(fleet.stable) > 1 and not _leads_to_new(wanted, service, fleets, seen):
            looks.append(_toward(wanted, seen, fleet, (*_gathered_sizes(fleet), fleet.new.side.size)))
    return looks


def _gathered_sizes(fleet: Fleet) -> tuple[int, ...]:
    recorded = tuple(version.replicas for version in fleet.workload.previous)
    return (*recorded[:-1], sum(recorded)) if recorded else ()


def _led(wanted: Wanted, seen: Seen, fleets: list[Fleet], is_redirected: bool) -> list[Outlook]:
    """Every Service where it belongs now. One that leads to the new version is never taken back on the way forward."""
    looks = []
    for service in wanted.snapshot.services:
        new = to_new(service, _of(service, fleets).workload)
        is_new = is_redirected or not service.is_active or is_pointed(service, new, seen)
        looks.append(pointed(wanted, service, new if is_new else _stable(wanted, service, fleets), seen))
    return looks


def _grown(wanted: Wanted, seen: Seen, fleet: Fleet, swap: Swap, shut: bool) -> Outlook:
    recorded = tuple(version.replicas for version in fleet.workload.previous)
    kept = _gathered_sizes(fleet) if _is_led(wanted, fleet) else recorded
    none = (0,) * len(kept)
    replicas = fleet.workload.replicas
    plan = Plan((*(none if shut else kept), replicas), (*(kept if swap.stable_runs else none), replicas))
    return _planned(wanted, seen, fleet, plan, {fleet.new.identity: replicas})


def _carries(wanted: Wanted, fleet: Fleet) -> bool:
    """The stable version has the pods that it had, or more than the new one that has none left."""
    if not fleet.stable or not _is_led(wanted, fleet):
        return True
    usable = fleet.stable[-1].side.usable
    return usable >= _needed(wanted, fleet) or (usable > 0 and fleet.new.side.usable == 0)


def _needed(wanted: Wanted, fleet: Fleet) -> int:
    """A stable version that was not whole before need not be more than it was; but without a pod it serves nobody."""
    available = {kept.identity: kept.available for kept in wanted.snapshot.replica_sets}
    before = sum(available.get(slot.identity, 0) for slot in fleet.stable)
    return max(1, min(sum(version.replicas for version in fleet.workload.previous), before))


def _whole_again(wanted: Wanted, seen: Seen, fleet: Fleet) -> Outlook:
    sizes = _gathered_sizes(fleet)
    usable = {fleet.stable[-1].identity: _needed(wanted, fleet)} if fleet.stable else {}
    return _planned(wanted, seen, fleet, Plan(*(((*sizes, fleet.new.side.size),) * 2)), usable)


def _shrunk(wanted: Wanted, seen: Seen, fleet: Fleet) -> Outlook:
    """The new version has no traffic any more. One that no Service leads to shares it, and goes as pods come back."""
    usable = {kept.identity: kept.available for kept in wanted.snapshot.replica_sets}
    if not _is_led(wanted, fleet):
        return _planned(wanted, seen, fleet, toward_return(fleet), usable)
    held = any(is_held(service, wanted.marks, seen) for service in _active(wanted) if _serves(service, fleet))
    recorded = tuple(version.replicas for version in fleet.workload.previous)
    sizes = (*(_gathered_sizes(fleet) if held else recorded), 0)
    return _planned(wanted, seen, fleet, Plan(sizes, sizes), usable)


def _toward(wanted: Wanted, seen: Seen, fleet: Fleet, sizes: tuple[int, ...]) -> Outlook:
    usable = {fleet.stable[-1].identity: _needed(wanted, fleet)}
    return _planned(wanted, seen, fleet, Plan(sizes, sizes), usable)


def _planned(wanted: Wanted, seen: Seen, fleet: Fleet, plan: Plan, usable: dict[Identity, int]) -> Outlook:
    look = moved(wanted, seen, fleet, plan)
    return combined([Outlook(waits=waits_of(fleet, plan, usable, seen)), look])


def _checked(wanted: Wanted, look: Outlook) -> Outlook:
    """What no watch shows is read once more before it is taken for true, and from time to time while nothing moves."""
    if not look.is_settled:
        return look
    reads = tuple(read("v1", service.identity) for service in wanted.snapshot.services)
    return Outlook(polls=reads) if reads else CLEAR
