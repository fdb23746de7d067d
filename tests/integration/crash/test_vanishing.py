"""Somebody deletes what a release stands on while it is under way."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from libs.kube.view import Object
from libs.messages.rollout import AbandonRollout
from libs.messages.subject import Key
from libs.rollout.state import Phase
from tests.integration.crash.plane import Outcome, Plane, meanwhile, planes
from tests.integration.crash.releases import NEW, OLD, TARGETS, never, order, stable
from tests.integration.crash.skipping import run

REPLICA_SETS = f"/apis/apps/v1/namespaces/{TARGETS[0]}/replicasets"


def image(value: Object) -> str:
    return str(value["spec"]["template"]["spec"]["containers"][0]["image"])


def deleted(of: str) -> Callable[[Plane], Awaitable[None]]:
    async def delete(plane: Plane) -> None:
        every = (await plane.cluster.ask("GET", REPLICA_SETS))["items"]
        for one in every:
            if image(one) == of:
                await plane.cluster.ask("DELETE", f"{REPLICA_SETS}/{one['metadata']['name']}")

    return delete


@asynccontextmanager
async def at_the_pause() -> AsyncIterator[tuple[Plane, Key]]:
    """A release that stands at the pause of its first target."""
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 2)
            yield plane, key


async def disturbed(disturb: Callable[[Plane], Awaitable[None]]) -> Outcome:
    """How a release ends in whose pause something happens."""
    async with at_the_pause() as (plane, key):
        await disturb(plane)
        await plane.ended(key)
        await plane.settled()
        return await plane.outcome(key)


@pytest.mark.parametrize("which", [OLD, NEW])
def test_deleted_version_comes_back(which: str) -> None:
    outcome = run(disturbed(deleted(which)))
    assert (outcome.deployment, outcome.live) == ("succeeded", {f"{name} {NEW}": 2 for name in TARGETS})


async def namespace_goes(plane: Plane) -> None:
    """And never ends going, for something in it is held by a finalizer that nobody takes away."""
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/a"]}}
    await plane.cluster.ask("POST", f"/api/v1/namespaces/{TARGETS[0]}/configmaps", held)
    await plane.cluster.ask("DELETE", f"/api/v1/namespaces/{TARGETS[0]}")


async def abandoned() -> tuple[str, Outcome]:
    """What a person is told of a release whose namespace goes, and how it ends when he gives it up."""
    async with at_the_pause() as (plane, key):
        await namespace_goes(plane)
        await plane.until(key, TARGETS[0], lambda rollout: rollout.phase is Phase.RETURNING)
        await plane.until(key, TARGETS[0], lambda rollout: bool(rollout.hindrance))
        told = (await plane.rollout(key, TARGETS[0])).hindrance
        plane.say(key.of_target(TARGETS[0]), AbandonRollout(target=TARGETS[0], by="ann", reason="it is gone"))
        await plane.ended(key)
        await plane.settled()
        return told, await plane.outcome(key)


def test_namespace_that_goes_is_told_and_given_up() -> None:
    told, outcome = run(abandoned())
    assert "being terminated" in told
    assert (outcome.deployment, outcome.live) == ("failed", {f"prod {OLD}": 2})
