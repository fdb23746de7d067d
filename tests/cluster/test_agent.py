"""A real agent that is killed in the middle of a canary, while its cluster goes on without it."""

import pytest

from libs.api.view import DeploymentView
from tests.cluster.objects import NEW, OLD, PODS, deployment
from tests.cluster.stage import TARGET, Ground, Size, Stage, approved_canary
from tests.e2e.person import at_the_pause, target

pytestmark = pytest.mark.timeout(180)


def is_hindered(view: DeploymentView) -> bool:
    rollout = target(view, TARGET).rollout
    return rollout is not None and "cannot be asked" in rollout.hindrance


@pytest.mark.feature("F1")
async def test_killed_agent_repeats_nothing(ground: Ground, stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    started = await stage.person.start(stage.file([deployment(NEW)], approved_canary()))
    await stage.person.sees(started, at_the_pause)
    audit = stage.audit()
    ground.plane.kill(f"agent-{ground.plane.account}")
    await stage.approve(started)
    await stage.person.sees(started, is_hindered)
    assert stage.asked(audit) == []
    ground.plane.start_agent()
    code, story = await stage.person.story(started)
    assert code == 0, story
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]
    # What the server refuses as out of date changes nothing; its controller may have been faster.
    written = [one for one in stage.asked(audit) if one.is_write and one.status < 300]
    assert {one.resource for one in written} == {"replicasets"}
    assert len(written) <= 8, f"six sizes, the old version's end, and a claim against a write that was lost: {written}"
