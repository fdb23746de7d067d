"""A Deployment that somebody else made: its pods go on serving while Fairlead takes them over."""

import asyncio
from pathlib import Path

import pytest

from tests.cluster.conftest import staged
from tests.cluster.objects import MISSING, NEW, OLD, PODS, deployment
from tests.cluster.stage import APPS, Size, Stage, canary
from tests.cluster.test_canary import HASTY
from tools.kubernetes.api import APPLY

pytestmark = pytest.mark.timeout(180)


async def watch_ready(stage: Stage, seen: list[int]) -> None:
    """How many pods are ready, again and again; runs until it is cancelled."""
    while True:
        seen.append(sum(size.ready for size in await stage.sizes()))
        await asyncio.sleep(0.05)


@staged
async def serving(stage: Stage) -> Stage:
    """The old version, made by somebody's own `kubectl apply --server-side`."""
    path = f"{APPS}/namespaces/{stage.namespace}/deployments/web?fieldManager=kubectl"
    await stage.cluster.api.ask("PATCH", path, deployment(OLD), APPLY)

    async def is_whole() -> bool:
        return await stage.sizes() == [Size(OLD, PODS, PODS)]

    await stage.becomes(is_whole)
    return stage


async def watched(stage: Stage, file: Path) -> tuple[int, str]:
    """How a release ended, during which there were never less pods ready than there should be."""
    ready: list[int] = []
    watching = asyncio.create_task(watch_ready(stage, ready))
    try:
        code, story = await stage.told(file)
    finally:
        watching.cancel()
    assert min(ready) >= PODS, ready
    return code, story


async def pods(stage: Stage) -> set[str]:
    return {one["metadata"]["name"] for one in await stage.every("pods")}


HALF = canary({"setWeight": {"weight": 50}})


@pytest.mark.feature("F57", "F59")
async def test_deployment_is_taken_over_without_a_gap(serving: Stage) -> None:
    code, story = await watched(serving, serving.file([deployment(NEW)], HALF))
    assert code == 0, story
    assert await serving.sizes() == [Size(NEW, PODS, PODS)]
    assert await serving.every("deployments", APPS) == []


@pytest.mark.feature("F34", "F59")
async def test_deployment_is_there_again_where_kept(serving: Stage) -> None:
    keeping = {"deploymentConfig": {"keepDeploymentObject": True}}
    code, story = await watched(serving, serving.file([deployment(NEW)], HALF, **keeping))
    assert code == 0, story
    assert await serving.sizes() == [Size(NEW, PODS, PODS)]
    (kept,) = await serving.every("deployments", APPS)
    assert kept["spec"]["template"]["spec"]["containers"][0]["image"] == NEW
    before = await pods(serving)

    async def is_owned() -> bool:
        (kept,) = await serving.every("deployments", APPS)
        return bool(kept.get("status", {}).get("readyReplicas") == PODS)

    await serving.becomes(is_owned)
    assert await pods(serving) == before, "its controller has taken the pods in as they are"


@pytest.mark.feature("F59")
async def test_deployment_is_there_again_after_a_return(serving: Stage) -> None:
    before = await pods(serving)
    code, story = await watched(serving, serving.file([deployment(MISSING)], HALF, **HASTY))
    assert code == 1, story

    async def is_back() -> bool:
        found = await serving.every("deployments", APPS)
        return [one.get("status", {}).get("readyReplicas") for one in found] == [PODS]

    await serving.becomes(is_back)
    assert await serving.sizes() == [Size(OLD, PODS, PODS)]
    assert len(before & await pods(serving)) >= PODS // 2, "only those that had made room are new"
    path = f"{APPS}/namespaces/{serving.namespace}/deployments/web?fieldManager=kubectl"
    applied = await serving.cluster.api.ask("PATCH", path, deployment(OLD), APPLY)
    assert applied["spec"]["replicas"] == PODS, "and its owner applies it as before, without a conflict"
