"""What goes wrong around a canary in a real installation: it waits, says why, and goes on from where it was."""

import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from libs.api.view import DeploymentView
from tests.e2e.fleet import assert_only_forward, fleets
from tests.e2e.installation import installed
from tests.e2e.person import Person, at_the_pause, on_the_way, target
from tests.e2e.plane import CLUSTER, Plane, plane
from tests.e2e.processes import is_alive
from tests.e2e.releases import REPLICAS, Releases
from tests.e2e.story import weights
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)

FAILING = {"requests": [{"code": 500, "times": 100_000, "user_agent": "*"}]}


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "shop")


@pytest.fixture
async def around(tmp_path: Path, releases: Releases) -> AsyncIterator[Plane]:
    """All services in one process, one cluster with version 1."""
    async with plane(tmp_path / "state") as started:
        await started.start_together()
        await started.person.deployed(releases.first(CLUSTER))
        yield started


def hindered_by(reason: str) -> Callable[[DeploymentView], bool]:
    """By that and nothing else: pods that are still starting hinder a rollout too."""

    def is_hindered(view: DeploymentView) -> bool:
        rollout = target(view, CLUSTER).rollout
        return rollout is not None and reason in rollout.hindrance

    return is_hindered


async def ends_well(person: Person, canary: str, cluster: Path) -> None:
    """Every weight once and in order, no pod lost on the way."""
    code, story = await person.story(canary)
    assert code == 0, story
    assert weights(story, CLUSTER) == [25, 50, 100], story
    seen = fleets(cluster)
    assert_only_forward(seen)
    assert (seen[-1].new, seen[-1].old, seen[-1].ready) == (REPLICAS, 0, REPLICAS)


async def test_lost_agent_is_told_and_waited_for(around: Plane, releases: Releases) -> None:
    person = around.person
    canary = await person.start(releases.canary(pause=1, only=CLUSTER))
    await person.sees(canary, on_the_way)
    around.kill(f"agent-{CLUSTER}")
    await person.sees(canary, hindered_by("cannot be asked since"))
    status = await person.fairlead("deploy", "status", "-i", canary)
    assert status.returncode == 0, status.stdout
    assert re.search(rf"agent {CLUSTER} cannot be asked since \d{{4}}-\d\d-\d\dT", status.stdout), status.stdout
    around.start_agent()
    await ends_well(person, canary, around.cluster)


async def test_failing_cluster_is_told_and_waited_for(around: Plane, releases: Releases) -> None:
    person = around.person
    canary = await person.start(releases.canary(pause=1, only=CLUSTER))
    await person.sees(canary, on_the_way)
    faults = f"{around.cluster_url}/sandbox/faults"
    async with aiohttp.request("POST", faults, json=FAILING) as answer:
        assert answer.status == 200
    await person.sees(canary, hindered_by("InternalError"))
    async with aiohttp.request("DELETE", faults) as answer:
        assert answer.status == 200
    await ends_well(person, canary, around.cluster)


async def test_killed_nats_is_started_again(tmp_path: Path, releases: Releases) -> None:
    async with installed(tmp_path / "state") as (installation, person):
        await person.deployed(releases.first(CLUSTER))
        canary = await person.start(releases.canary(pause=1, only=CLUSTER))
        await person.sees(canary, on_the_way)
        (nats,) = (pid for pid, command in installation.pids().items() if "nats-server" in command)
        os.kill(nats, signal.SIGKILL)

        async def is_replaced() -> bool:
            servers = {pid for pid, command in installation.pids().items() if "nats-server" in command}
            return not is_alive(nats) and bool(servers - {nats})

        await eventually(is_replaced)
        await ends_well(person, canary, installation.cluster(CLUSTER))
        assert "nats fell and is started again" in (installation.folder / "up.log").read_text()


async def test_wrong_file_starts_nothing(around: Plane, releases: Releases) -> None:
    text = releases.canary(pause=1, only=CLUSTER).read_text().replace("weight: 25", "weight: 250")
    done = await around.person.fairlead("deploy", "start", "-f", str(releases.text("wrong.yml", text)), "--watch")
    assert done.returncode == 2, done.stdout
    at = next(number for number, line in enumerate(text.splitlines(), 1) if "weight: 250" in line)
    assert re.search(rf"\b{at}:\d+: ", done.stderr), done.stderr
    listed = await around.person.fairlead("deploy", "list", "-o", "json")
    assert listed.stdout.count('"id"') == 1, "only the first deployment is there"


async def test_second_start_is_refused_and_abort_returns(around: Plane, releases: Releases) -> None:
    person, file = around.person, releases.canary(pause=None, only=CLUSTER)
    canary = await person.start(file)
    await person.sees(canary, at_the_pause)
    second = await person.fairlead("deploy", "start", "-f", str(file))
    assert second.returncode == 3, second.stdout + second.stderr
    assert canary in second.stderr, second.stderr

    aborted = await person.fairlead("deploy", "abort", "-i", canary, "--reason", "changed our minds")
    assert aborted.returncode == 0, aborted.stderr
    code, story = await person.story(canary)
    assert code == 1, story
    view = await person.sees(canary, lambda view: view.ended_at is not None)
    assert (view.phase, target(view, CLUSTER).phase) == ("cancelled", "rolled_back")
    assert "changed our minds" in story
    assert_all_old(around.cluster)


async def test_rejected_step_returns_the_target(around: Plane, releases: Releases) -> None:
    person = around.person
    canary = await person.start(releases.canary(pause=None, only=CLUSTER))
    await person.sees(canary, at_the_pause)
    rejected = await person.fairlead("deploy", "reject", "-i", canary, "--reason", "latency doubled")
    assert rejected.returncode == 0, rejected.stderr
    code, story = await person.story(canary)
    assert code == 1, story
    assert "latency doubled" in story
    assert_all_old(around.cluster)


async def test_landed_target_returns_while_prod_waits(tmp_path: Path, releases: Releases) -> None:
    async with installed(tmp_path / "state") as (installation, person):
        await person.deployed(releases.first())
        canary = await person.start(releases.canary(pause=1))
        await person.sees(canary, lambda view: any(one.target == "prod" for one in view.awaiting))
        back = await person.fairlead("deploy", "rollback", "-i", canary, "-t", "staging", "--reason", "wrong colour")
        assert back.returncode == 0, back.stderr
        code, story = await person.story(canary)
        assert code == 1, story
        view = await person.sees(canary, lambda view: view.ended_at is not None)
        assert target(view, "staging").phase == "rolled_back"
        assert target(view, "prod").phase == "cancelled"
        assert_all_old(installation.cluster("staging"))
        assert not fleets(installation.cluster("prod")), "prod was never touched"


def assert_all_old(cluster: Path) -> None:
    """The previous version has every pod again."""
    last = fleets(cluster)[-1]
    assert (last.new, last.old, last.ready) == (0, REPLICAS, REPLICAS), last
