"""An agent that may touch one namespace and nothing of the cluster as a whole, as its overlay ships it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cli.local import plan
from cli.local.children import last_lines
from cli.local.layout import Credential, Layout
from cli.local.plan import OUTSIDE, Machine, Outside
from libs.api.view import AgentCreated, AgentList
from tests.cluster.conftest import staged
from tests.cluster.objects import NEW, OLD, PODS, autoscaler, config_map, deployment, service
from tests.cluster.rights import NARROW_USER, grant_in_namespace
from tests.cluster.stage import Ground, Size, Stage, approved_canary
from tests.e2e.person import at_the_pause
from tests.e2e.processes import Running
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)

NAME = "narrow"


@staged
async def narrow(ground: Ground, stage: Stage, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose agent is the namespaced one."""
    kubeconfig = await grant_in_namespace(stage.cluster, tmp_path, stage.namespace)
    outside = Outside(kubeconfig, "test", (stage.namespace,))
    machine = Machine(Layout(tmp_path / "agent"), {}, plan.inherited(os.environ), outside)
    bootstrap = ground.plane.layout.read_bootstrap()
    assert bootstrap is not None
    made = await stage.person.fairlead("agent", "create", NAME, "-o", "json")
    assert made.returncode == 0, made.stderr
    told = msgspec.json.decode(made.stdout, type=AgentCreated)
    own = replace(bootstrap, agents={OUTSIDE: Credential(told.client_id, told.client_secret)})
    running = Running(plan.agent(machine, OUTSIDE, own))

    async def is_connected() -> bool:
        assert running.is_alive, last_lines(running.child.log)
        listed = await stage.person.get("/agents", AgentList)
        return listed is not None and any(one.name == NAME and one.connected for one in listed.agents)

    try:
        await eventually(is_connected)
        stage.account = NAME
        yield stage
    finally:
        running.stop()


@pytest.mark.feature("F3", "F18")
async def test_namespaced_rights_are_enough(narrow: Stage) -> None:
    audit = narrow.audit()
    await narrow.deployed(config_map(page="1"), service(), deployment(OLD), autoscaler())
    release = narrow.file([config_map(page="2"), service(), deployment(NEW), autoscaler()], approved_canary())
    started = await narrow.person.start(release)
    await narrow.person.sees(started, at_the_pause)
    await narrow.approve(started)
    code, story = await narrow.person.story(started)
    assert code == 0, story
    assert await narrow.sizes() == [Size(NEW, PODS, PODS)]
    asked = audit.requests(NARROW_USER)
    assert len(asked) > 20
    assert [one for one in asked if one.status in (401, 403)] == []
    assert {one.namespace for one in asked} == {narrow.namespace}
