"""How many pods a weight means when nothing but the pods themselves splits the traffic, and the next safe move there.

`pair` is the aim: the two sizes whose ratio comes nearest to the weight. `move` is one change of sizes towards an aim:
it never wants more than `cap` pods, and never takes away pods that `floor` counts on.
"""

from collections.abc import Sequence

from msgspec import Struct

FULL = 100


class Pair(Struct, frozen=True):
    """Wanted pods of the new and of the stable version."""

    new: int
    stable: int


class Side(Struct, frozen=True):
    """One version as it is: its wanted pods, and how many are available."""

    size: int
    available: int

    @property
    def usable(self) -> int:
        """Pods that stay available once the cluster has caught up with `size`."""
        return min(self.size, self.available)


class Bounds(Struct, frozen=True):
    cap: int
    floor: int


def pair(replicas: int, weight: int, surge: int, full: int = FULL) -> Pair:
    """The sizes for a weight. Of two equally near pairs the one found first wins, which favours the new version."""
    best: tuple[int, int] | None = None
    for new, total in _candidates(replicas, weight, surge, full):
        # |new/total - weight/full| compared without fractions: both sides times total and full.
        if best is None or abs(new * full - weight * total) * best[1] < abs(best[0] * full - weight * best[1]) * total:
            best = (new, total)
    if replicas == 0 or best is None:
        return Pair(0, replicas)
    return Pair(best[0], best[1] - best[0])


def _candidates(replicas: int, weight: int, surge: int, full: int) -> list[tuple[int, int]]:
    up, down = -(-replicas * weight // full), replicas * weight // full
    may_be_empty = weight in (0, full) or (replicas == 1 and surge == 0)
    found = []
    if up < replicas or may_be_empty:
        found.append((up, replicas))
    if not _ties(replicas, weight, full) and (down or may_be_empty):
        found.append((down, replicas))
    if surge > 0:
        found.append((up, replicas + 1))
        if not _ties(replicas + 1, weight, full) and (down or may_be_empty):
            found.append((down, replicas + 1))
    # The size above is the whole, the one below as near: a weight that is not full leaves the stable version some pods.
    return found or [(down, replicas)]


def _ties(total: int, weight: int, full: int) -> bool:
    return 2 * (total * weight % full) == full


def move(aim: Pair, new: Side, stable: Side, bounds: Bounds, old: int = 0) -> Pair:
    """The next sizes. While `old`, the wanted pods of versions that are neither, is not 0, nothing is lowered."""
    room = max(0, bounds.cap - old - new.size - stable.size)
    raised_stable = stable.size + min(room, max(0, aim.stable - stable.size))
    room -= raised_stable - stable.size
    raised = Pair(new.size + min(room, max(0, aim.new - new.size)), raised_stable)
    if old:
        return raised
    if aim.new >= new.size:
        drained, other = _drain(stable, aim.stable, (raised.stable, raised.new), new, bounds)
        return Pair(new=other, stable=drained)
    drained, other = _drain(new, aim.new, (raised.new, raised.stable), stable, bounds)
    return Pair(new=drained, stable=other)


def _drain(drained: Side, aim: int, raised: tuple[int, int], other: Side, bounds: Bounds) -> tuple[int, int]:
    """Lower one side by what the other can spare. The drained side counts by size: broken pods there may go freely."""
    spare = drained.size + other.usable - bounds.floor
    if spare <= 0:
        return raised
    size = max(drained.size - spare, aim) if drained.size > aim else raised[0]
    return _fit(drained, size, other, raised[1], bounds)


def _fit(drained: Side, size: int, other: Side, other_size: int, bounds: Bounds) -> tuple[int, int]:
    """Keep under the cap: cut the other side, give back what the floor needs of it, take that from the drained side."""
    other_size = min(other_size, max(0, bounds.cap - size))
    remaining = min(drained.available, size) + min(other.available, other_size)
    other_size += min(max(0, other.available - other_size), max(0, bounds.floor - remaining))
    return min(size, max(0, bounds.cap - other_size)), other_size


def lowered(sides: Sequence[Side], count: int) -> tuple[int, ...]:
    """Take `count` pods from one side's versions: first what is not available anyway, then in the order given."""
    sizes = [side.size for side in sides]
    for floors in ([side.usable for side in sides], [0] * len(sides)):
        for index, floor in enumerate(floors):
            taken = min(count, sizes[index] - floor)
            sizes[index] -= taken
            count -= taken
    return tuple(sizes)


def raised(sizes: Sequence[int], recorded: Sequence[int], count: int) -> tuple[int, ...]:
    """Give `count` pods to one side's versions, the last first: each what it had before, then the rest to the last."""
    grown = list(sizes)
    for index in reversed(range(len(grown))):
        given = min(count, max(0, recorded[index] - grown[index]))
        grown[index] += given
        count -= given
    if grown:
        grown[-1] += count
    return tuple(grown)
