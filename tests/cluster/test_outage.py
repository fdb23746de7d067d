"""A real API server that falls in the middle of a canary: told, waited for, and gone on from where it was."""

import pytest

from libs.api.view import DeploymentView
from tests.cluster.objects import NEW, OLD, PODS, deployment
from tests.cluster.stage import TARGET, Size, Stage, approved_canary
from tests.e2e.person import at_the_pause, target
from tools.kubernetes.cluster import API_SERVER

pytestmark = pytest.mark.timeout(300)


def is_hindered(view: DeploymentView) -> bool:
    rollout = target(view, TARGET).rollout
    return rollout is not None and bool(rollout.hindrance)


async def test_fallen_api_server_is_waited_for(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    started = await stage.person.start(stage.file([deployment(NEW)], approved_canary()))
    await stage.person.sees(started, at_the_pause)
    stage.cluster.kill(API_SERVER)
    await stage.approve(started)
    await stage.person.sees(started, is_hindered)
    audit = stage.audit()  # before it is back: the release may be through before all controllers are
    await stage.cluster.revive_apiserver()
    code, story = await stage.person.story(started)
    assert code == 0, story
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]
    written = [one for one in stage.asked(audit) if one.is_write and one.status < 300]
    assert {one.resource for one in written} == {"replicasets"}, "nothing that was done is done again"
    assert len(written) <= 8, written
