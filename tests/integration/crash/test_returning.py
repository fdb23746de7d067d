"""A Deployment that a person made, taken over by a release that fails: it is there again, even after a crash."""

from typing import Any

import pytest
import yaml

from libs.workload.kinds.naming import RETURNED_BY
from libs.workload.kinds.objects import Object, annotation, items, number, table, text
from tests.crash import Fuse
from tests.integration.crash.plane import NEVER, Plane, at_every_call, meanwhile, planes, twice
from tests.integration.crash.releases import CONFIG, MANIFEST, MISSING, OLD, PODS, TARGETS, never
from tests.integration.crash.skipping import run

PLACE = f"/apis/apps/v1/namespaces/{TARGETS[0]}"
EVERY = 7
"""Of the executor's calls: which ones it dies at. Primes and the other crash tests' numbers seldom meet."""


async def made_by_hand(plane: Plane) -> Object:
    """With a version that has its pods."""
    await plane.cluster.ask(
        "POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": TARGETS[0]}}
    )
    manifest: dict[str, Any] = yaml.safe_load(MANIFEST.replace("IMAGE", OLD))
    manifest["metadata"] |= {"labels": {"team": "shop"}, "annotations": {"note": "mine"}}
    await plane.cluster.ask("POST", f"{PLACE}/deployments", manifest)
    await plane.settled()
    return await plane.cluster.ask("GET", f"{PLACE}/deployments/web")


async def returned(fuse: Fuse) -> None:
    async with planes() as plane:
        before = await made_by_hand(plane)
        async with meanwhile(plane.planner(never()), twice(plane.executor, fuse)):
            config = "\n".join(line for line in CONFIG.splitlines() if not line.startswith("  prod:"))
            key = await plane.start("d1", config, MANIFEST.replace("IMAGE", MISSING))
            await plane.ended(key)
            await plane.settled()
        live = await plane.cluster.ask("GET", f"{PLACE}/deployments/web")
        versions = items(await plane.cluster.ask("GET", f"{PLACE}/replicasets"), "items")
        assert str((await plane.deployment(key)).phase) == "failed"
        assert as_left(live) == as_left(before)
        assert (text(live, "metadata", "uid") != text(before, "metadata", "uid"), annotation(live, RETURNED_BY)) == (
            True,
            "d1",
        )
        owners = [text(owner, "uid") for one in versions for owner in items(one, "metadata", "ownerReferences")]
        assert owners == [text(live, "metadata", "uid")]
        assert (len(versions), number(live, "status", "availableReplicas")) == (1, PODS)


def as_left(live: Object) -> Object:
    """Without what a return may change, each named."""
    annotations = {key: one for key, one in table(live, "metadata", "annotations").items() if key != RETURNED_BY}
    managers = [
        (one["manager"], one["operation"])
        for one in items(live, "metadata", "managedFields")
        if "subresource" not in one
    ]
    labels = table(live, "metadata", "labels")
    return {"labels": labels, "annotations": annotations, "managers": managers, "spec": table(live, "spec")}


@pytest.mark.feature("F59", "F101")
def test_deployment_is_there_again() -> None:
    run(returned(Fuse(NEVER, after=False)))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_deployment_is_there_again_after_a_crash(after: bool) -> None:
    at_every_call(returned, after, EVERY)
