"""A real autoscaler: it does not undo the canary's sizes, and scales the version that stays."""

from typing import Any

import pytest

from tests.cluster.objects import MISSING, NEW, OLD, PODS, autoscaler, deployment
from tests.cluster.stage import Size, Stage, approved_canary, canary
from tests.cluster.test_canary import HASTY
from tests.e2e.person import at_the_pause

pytestmark = pytest.mark.timeout(180)

HPAS = ("horizontalpodautoscalers", "/apis/autoscaling/v2")


async def aims(stage: Stage) -> list[dict[str, Any]]:
    return [one["spec"]["scaleTargetRef"] for one in await stage.every(*HPAS)]


async def stable(stage: Stage) -> str:
    """The old version with its autoscaler; the name of what that scales."""
    await stage.deployed(deployment(OLD), autoscaler())
    (aim,) = await aims(stage)
    assert aim["kind"] == "ReplicaSet"
    return str(aim["name"])


@pytest.mark.feature("F66")
async def test_autoscaler_follows_the_new_version(stage: Stage) -> None:
    before = await stable(stage)
    started = await stage.person.start(stage.file([deployment(NEW), autoscaler()], approved_canary()))
    await stage.person.sees(started, at_the_pause)
    assert await aims(stage) == []
    assert await stage.sizes() == [Size(OLD, 3, 3), Size(NEW, 1, 1)]
    await stage.approve(started)
    code, story = await stage.person.story(started)
    assert code == 0, story
    (aim,) = await aims(stage)
    assert aim["name"] != before
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]


@pytest.mark.feature("F67")
async def test_autoscaler_comes_back(stage: Stage) -> None:
    before = await stable(stage)
    steps = canary({"setWeight": {"weight": 50}})
    code, story = await stage.told(stage.file([deployment(MISSING), autoscaler()], steps, **HASTY))
    assert code == 1, story
    assert [aim["name"] for aim in await aims(stage)] == [before]
    assert await stage.sizes() == [Size(OLD, PODS, PODS)]
