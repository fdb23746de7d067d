"""Canaries on real ReplicaSets: forward with a person's approval, and back from pods that never become ready."""

from typing import Any

import pytest

from tests.cluster.objects import MISSING, NEW, OLD, PODS, config_map, deployment, service
from tests.cluster.stage import Size, Stage, approved_canary, canary
from tests.e2e.person import at_the_pause

pytestmark = pytest.mark.timeout(180)

HASTY = {"deploymentConfig": {"timeout": {"duration": 6, "unit": "seconds"}}}
WHOLE_OLD = [Size(OLD, PODS, PODS)]
WHOLE_NEW = [Size(NEW, PODS, PODS)]


@pytest.mark.feature("F3", "F56", "F60", "F70", "F72")
async def test_canary_waits_and_ends(stage: Stage) -> None:
    await stage.deployed(config_map(page="1"), service(), deployment(OLD))
    assert await stage.sizes() == WHOLE_OLD
    started = await stage.person.start(
        stage.file([config_map(page="2"), service(), deployment(NEW)], approved_canary())
    )
    await stage.person.sees(started, at_the_pause)
    assert await stage.sizes() == [Size(OLD, 3, 3), Size(NEW, 1, 1)]
    await stage.approve(started)
    code, story = await stage.person.story(started)
    assert code == 0, story
    assert await stage.sizes() == WHOLE_NEW
    pods = await stage.every("pods")
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {NEW}


CANNOT_RUN: list[tuple[str, dict[str, Any], str]] = [
    (MISSING, {}, "ImagePullBackOff"),
    (NEW, {"nodeSelector": {"disk": "golden"}}, "didn't match Pod's node affinity/selector"),
]


@pytest.mark.feature("F33", "F72")
@pytest.mark.parametrize(("image", "pod", "reason"), CANNOT_RUN, ids=["no image", "no node"])
async def test_pods_that_never_start_go_back(stage: Stage, image: str, pod: dict[str, Any], reason: str) -> None:
    await stage.deployed(deployment(OLD))
    steps = canary({"setWeight": {"weight": 50}})
    code, story = await stage.told(stage.file([deployment(image, **pod)], steps, **HASTY))
    assert code == 1, story
    assert reason in story, story
    assert await stage.sizes() == WHOLE_OLD
