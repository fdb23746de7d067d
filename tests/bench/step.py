"""How long a rollout stands still: from the cluster saying that its pods are ready to the next write for it.

Both instants are the sandbox's own, by one clock: when it published the status that makes every ReplicaSet of the
rollout whole, and when it carried out the next write to one of them. Nothing that Fairlead says of itself is used.
"""

from collections.abc import Iterable
from statistics import median, quantiles

from tests.bench import application
from tests.bench.cluster_child import Published
from tests.bench.installation import Installation, installation
from tests.bench.rollouts import ROLLOUTS, VERSIONS, release
from tests.bench.row import Row, row

APART_SECONDS = 0.2


async def run() -> list[Row]:
    async with installation() as running:
        await running.ask("POST", "/api/v1/namespaces", application.namespace(application.NAMESPACE))
        await release(running, 1)
        turns = [await _turn(running, version) for version in VERSIONS]
    n = sum(len(turn) for turn in turns)
    p50, p99 = (median(quantiles(turn, n=100)[percent - 1] for turn in turns) for percent in (50, 99))
    return [
        row("step", "p50", p50, "ms", n=n, goal="value <= 50"),
        row("step", "p99", p99, "ms", n=n, goal="value <= 250"),
    ]


async def _turn(running: Installation, version: int) -> list[float]:
    """Every standstill of one version's rollouts, in milliseconds."""
    before = len(running.published())
    await release(running, version, APART_SECONDS)
    every = _applications(running.published())
    waits = [seconds * 1000 for told in every for seconds in standstills(told, before)]
    if len(waits) < ROLLOUTS:
        raise AssertionError(f"only {len(waits)} standstills in {ROLLOUTS} rollouts")
    return waits


def _applications(told: list[Published]) -> list[list[tuple[int, Published]]]:
    found: dict[str, list[tuple[int, Published]]] = {}
    for number, one in enumerate(told):
        found.setdefault(one.application, []).append((number, one))
    return list(found.values())


def standstills(told: Iterable[tuple[int, Published]], since: int) -> list[float]:
    """Seconds from each time that one rollout's ReplicaSets are all whole to the write after it."""
    whole: dict[str, bool] = {}
    ready_at: float | None = None
    waits = []
    for number, one in told:
        whole[one.replica_set] = one.is_whole
        if one.is_gone:
            del whole[one.replica_set]
        if one.is_write:
            if ready_at is not None:
                waits.append(one.at - ready_at)
            ready_at = None
        elif number >= since and ready_at is None and all(whole.values()):
            ready_at = one.at
    return waits
