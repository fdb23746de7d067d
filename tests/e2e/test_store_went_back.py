"""An older copy of NATS's folder is put in place, under services that live and for a `fairlead up` that is started."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.exits import Exit
from libs.api.view import DeploymentView
from tests.e2e.installation import capacity_writes, installed
from tests.e2e.person import PATIENCE, Person, at_the_pause, target
from tests.e2e.plane import SERVICES, Plane, plane
from tests.e2e.processes import copied
from tests.e2e.releases import Releases
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)


async def released(person: Person, releases: Releases, at_pause: Callable[[], object]) -> str:
    """Version 1, then version 2 in a canary, whose id it is; something is done while it stands at its pause."""
    await person.deployed(releases.first("staging"))
    canary = await person.start(releases.canary(pause=None, only="staging"))
    await person.sees(canary, at_the_pause)
    at_pause()
    approved = await person.fairlead("deploy", "approve", "-i", canary)
    assert approved.returncode == 0, approved.stderr
    code, story = await person.story(canary)
    assert code == 0, story
    return canary


async def alarmed(around: Plane) -> None:
    """Until every service has said that the store went back."""

    async def are_alarmed() -> bool:
        return all("store_went_back" in around.log(name) for name in SERVICES)

    await eventually(are_alarmed, PATIENCE)


async def test_services_do_nothing_on_an_older_store_and_say_so(tmp_path: Path) -> None:
    releases, older, store = Releases(tmp_path / "shop"), tmp_path / "older", tmp_path / "state" / "nats" / "jetstream"
    async with plane(tmp_path / "state") as around:
        await around.start_apart()
        person = around.person
        server = around.nats.pid
        assert server is not None
        await released(person, releases, lambda: copied(store, older, server))
        writes = await capacity_writes(around.cluster_url)
        around.nats.kill()
        shutil.rmtree(store)
        shutil.copytree(older, store)
        await around.nats.start()
        await alarmed(around)

        refused = await person.fairlead("deploy", "start", "-f", str(releases.first("staging")))
        examined = await person.fairlead("doctor")
        listed = await person.fairlead("deploy", "list")
        writes_after = await capacity_writes(around.cluster_url)

    assert refused.returncode == Exit.FAILED
    assert "the store went back: the stream ends at" in refused.stderr
    assert "BAD  services: the store went back: the stream ends at" in examined.stdout
    assert (listed.returncode, listed.stdout.count("shop")) == (0, 2)
    assert writes_after == writes


async def test_up_goes_on_with_an_older_store_only_where_it_is_told_to(tmp_path: Path) -> None:
    """And what had gone on in the cluster since is not undone."""
    releases, older, nats = Releases(tmp_path / "shop"), tmp_path / "older", tmp_path / "state" / "nats"
    async with installed(tmp_path / "state") as (installation, person):
        (server,) = (pid for pid, command in installation.pids().items() if "nats-server" in command)
        canary = await released(person, releases, lambda: copied(nats, older, server))
        before = await capacity_writes(installation.cluster_url("staging"))
        assert installation.stop() == 0
        shutil.rmtree(nats)
        shutil.copytree(older, nats)

        told = await installation.refused()
        person = await installation.start("--accept-store")
        await person.sees(canary, lambda view: "the store went back" in hindrance(view))
        await end(person, canary)
        after = await capacity_writes(installation.cluster_url("staging"))
        await person.deployed(releases.first("staging"))
        assert installation.stop() == 0

    assert "the store went back: the stream ends at" in told
    assert "fairlead up --accept-store" in told
    assert after == [] != before


async def test_up_begins_anew_where_everything_is_gone_only_where_it_is_told_to(tmp_path: Path) -> None:
    releases, nats = Releases(tmp_path / "shop"), tmp_path / "state" / "nats"
    async with installed(tmp_path / "state") as (installation, person):
        await person.deployed(releases.first("staging"))
        assert installation.stop() == 0
        shutil.rmtree(nats)

        told = await installation.refused()
        person = await installation.start("--accept-store")
        await person.deployed(releases.canary(pause=1, only="staging"))
        assert installation.stop() == 0

    assert "the store went back: the stream is gone" in told


def hindrance(view: DeploymentView) -> str:
    rollout = target(view, "staging").rollout
    return rollout.hindrance if rollout else ""


async def end(person: Person, deployment: str) -> None:
    """Abort what cannot return any more, and give it up."""
    aborted = await person.fairlead("deploy", "abort", "-i", deployment)
    assert aborted.returncode == 0, aborted.stderr
    abandoned = await person.fairlead(
        "deploy", "abandon", "-i", deployment, "--target", "staging", "--reason", "the store went back"
    )
    assert abandoned.returncode == 0, abandoned.stderr
    await person.sees(deployment, lambda view: view.ended_at is not None)
