"""A Deployment that somebody else made: its pods go on serving while Fairlead takes them over."""

import asyncio

import pytest

from tests.cluster.objects import NEW, OLD, PODS, deployment
from tests.cluster.stage import APPS, Size, Stage, canary

pytestmark = pytest.mark.timeout(180)


async def watch_ready(stage: Stage, seen: list[int]) -> None:
    """How many pods are ready, again and again; runs until it is cancelled."""
    while True:
        seen.append(sum(size.ready for size in await stage.sizes()))
        await asyncio.sleep(0.05)


@pytest.mark.feature("F57", "F59")
async def test_deployment_is_taken_over_without_a_gap(stage: Stage) -> None:
    await stage.make("deployments", deployment(OLD), APPS)

    async def is_whole() -> bool:
        return await stage.sizes() == [Size(OLD, PODS, PODS)]

    await stage.becomes(is_whole)
    ready: list[int] = []
    watching = asyncio.create_task(watch_ready(stage, ready))
    try:
        code, story = await stage.told(stage.file([deployment(NEW)], canary({"setWeight": {"weight": 50}})))
    finally:
        watching.cancel()
    assert code == 0, story
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]
    assert await stage.every("deployments", APPS) == []
    assert min(ready) >= PODS, ready
