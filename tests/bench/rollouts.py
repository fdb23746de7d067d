"""Fifty rollouts at once on one cluster: how long, and how many requests each of them costs its cluster.

The floor of the time is the same pods replaced by the sandbox's own Deployment controller, without steps or records.
"""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.bench import application
from tests.bench.installation import Installation, installation, until
from tests.bench.row import Row, row

ROLLOUTS = 50
VERSIONS = (2, 3, 4)
"""Each is a turn of its own; medians count."""
NATIVE = "native"
READS = frozenset({"get", "list", "watch", "dry run"})
_DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NATIVE}/deployments"
_NAMES = [f"native-{number}" for number in range(ROLLOUTS)]


async def run() -> list[Row]:
    async with installation() as running:
        for name in (application.NAMESPACE, NATIVE):
            await running.ask("POST", "/api/v1/namespaces", application.namespace(name))
        await _native(running)
        await running.ask("DELETE", "/sandbox/requests")
        await release(running, 1)
        # The watches of the first version go on being used: what they cost to open is counted again each time.
        opened = Counter({verb: n for verb, n in (await requests(running)).items() if verb in {"list", "watch"}})
        turns = [await _turn(running, version) for version in VERSIONS]
    seconds, floor = (statistics.median(each) for each in ([one[0] for one in turns], [one[1] for one in turns]))
    counts = [opened + one[2] for one in turns]
    n = ROLLOUTS * len(turns)
    return [
        row("rollouts", "wall time", seconds, "s", n=n, floor=floor),
        row("rollouts", "requests each", _each(counts, lambda _: True), "1", n=n, goal="value <= 25"),
        row("rollouts", "writes each", _each(counts, lambda verb: verb not in READS), "1", n=n, goal="value <= 12"),
    ]


async def _turn(running: Installation, version: int) -> tuple[float, float, Counter[str]]:
    """Seconds, the floor's seconds right before, and the requests of one version."""
    floor = await _rolled(running, version)
    await running.ask("DELETE", "/sandbox/requests")
    return await release(running, version), floor, await requests(running)


def _each(counts: list[Counter[str]], counted: Callable[[str], bool]) -> float:
    """A rollout's share of what was sent in the turn that sent most."""
    return max(sum(n for verb, n in count.items() if counted(verb)) for count in counts) / ROLLOUTS


async def release(running: Installation, version: int, apart_seconds: float = 0) -> float:
    """Everybody's version, one after the other or all at once; the seconds until the last has ended."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(ROLLOUTS):
            group.create_task(running.deploy(f"app-{number}", version))
            await asyncio.sleep(apart_seconds)
    await running.ended(ROLLOUTS)
    return time.perf_counter() - began


async def requests(running: Installation) -> Counter[str]:
    """By verb, as the sandbox counted them: everything that anybody but this benchmark sent since the last reset.

    A dry run is a request of its own kind: nothing is stored.
    """
    report = await running.ask("GET", "/sandbox/requests")
    counts: Counter[str] = Counter()
    for one in report["counts"]:
        counts["dry run" if one.get("dry_run") else one["verb"]] += one["count"]
    return counts


async def _native(running: Installation) -> None:
    """As many Deployments that nobody but the cluster's own controller steers."""
    await asyncio.gather(*(running.ask("POST", _DEPLOYMENTS, application.native(name, NATIVE)) for name in _NAMES))
    await until(lambda: _is_rolled(running))


async def _rolled(running: Installation, version: int) -> float:
    """Seconds in which the controller replaces their pods."""
    image = application.image(version)
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]
    began = time.perf_counter()
    await asyncio.gather(
        *(running.ask("PATCH", f"{_DEPLOYMENTS}/{name}", change, "application/json-patch+json") for name in _NAMES),
    )
    await until(lambda: _is_rolled(running))
    return time.perf_counter() - began


async def _is_rolled(running: Installation) -> bool:
    return all(_is_new(one) for one in (await running.ask("GET", _DEPLOYMENTS))["items"])


def _is_new(value: dict[str, Any]) -> bool:
    status = value.get("status", {})
    counted = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == value["metadata"]["generation"] and counted == [application.REPLICAS] * 3
