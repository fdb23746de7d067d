"""Fifty rollouts at once on one cluster: how long, and how many requests each of them costs its cluster.

The floor of the time is the same pods replaced by the sandbox's own Deployment controller, without steps or records.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.bench import application
from tests.bench.installation import Installation, installation, until
from tests.bench.row import Row, row

ROLLOUTS = 50
NATIVE = "native"
READS = frozenset({"get", "list", "watch"})
_DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NATIVE}/deployments"


async def run() -> list[Row]:
    async with installation() as running:
        for name in (application.NAMESPACE, NATIVE):
            await running.ask("POST", "/api/v1/namespaces", application.namespace(name))
        floor = await _native(running)
        await running.ask("DELETE", "/sandbox/requests")
        await release(running, 1)
        watching = {key: count for key, count in (await requests(running)).items() if key in {"list", "watch"}}
        await running.ask("DELETE", "/sandbox/requests")
        seconds = await release(running, 2)
        # The watches of the first version went on being used: what they cost to open belongs here too.
        counts = Counter(watching) + await requests(running)
    return [
        row("rollouts", "wall time", seconds, "s", n=ROLLOUTS, floor=floor),
        _each("requests each", counts, counts),
        _each("writes each", counts, counts.keys() - READS),
    ]


def _each(metric: str, counts: Counter[str], verbs: Iterable[str]) -> Row:
    goals = {"requests each": "value <= 25", "writes each": "value <= 12"}
    value = sum(counts[verb] for verb in verbs) / ROLLOUTS
    return row("rollouts", metric, value, "1", n=ROLLOUTS, goal=goals[metric])


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
    """By verb, as the sandbox counted them: everything that anybody but this benchmark sent since the last reset."""
    report = await running.ask("GET", "/sandbox/requests")
    counts: Counter[str] = Counter()
    for one in report["counts"]:
        counts[one["verb"]] += one["count"]
    return counts


async def _native(running: Installation) -> float:
    """Seconds in which the cluster's own controller replaces as many pods."""
    names = [f"native-{number}" for number in range(ROLLOUTS)]
    await asyncio.gather(
        *(running.ask("POST", _DEPLOYMENTS, application.native(name, NATIVE)) for name in names),
    )
    await until(lambda: _is_rolled(running))
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": application.image(2)}]
    began = time.perf_counter()
    await asyncio.gather(
        *(running.ask("PATCH", f"{_DEPLOYMENTS}/{name}", change, "application/json-patch+json") for name in names),
    )
    await until(lambda: _is_rolled(running))
    return time.perf_counter() - began


async def _is_rolled(running: Installation) -> bool:
    return all(_is_new(one) for one in (await running.ask("GET", _DEPLOYMENTS))["items"])


def _is_new(value: dict[str, Any]) -> bool:
    status = value.get("status", {})
    counted = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == value["metadata"]["generation"] and counted == [application.REPLICAS] * 3
