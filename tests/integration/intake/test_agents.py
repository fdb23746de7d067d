"""Agents taken away: who may, what stands against it, and what becomes of their credentials."""

from pathlib import Path

import pytest

from cli.exits import Exit
from libs.auth import clients
from libs.deployment.state import Phase, TargetPhase
from libs.link.connections import BUCKET, Connection, Connections, encode_connections
from tests.builders import a_deployment, a_target
from tests.integration.conftest import Open
from tests.integration.intake.test_cli import cli
from tests.integration.intake.world import World, place_of, world


async def connect(w: World, name: str) -> None:
    stream = Connection("main", name, "1", "0.1.0", "2026-05-01T12:00:00Z")
    await w.store.put(BUCKET, "gateway-1", encode_connections(Connections("gateway-1", (stream,))))


async def test_deleted_agent_is_unknown(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        status, done = await w.call("DELETE", "/agents/prod")
        assert (status, done) == (200, {"name": "prod", "clientId": "agent.main.prod", "connected": False})
        assert await clients.find(p.store, "agent.main.prod") is None
        assert (await w.call("DELETE", "/agents/prod"))[0] == 404
        assert (await w.call("POST", "/agents", {"name": "prod"}))[0] == 201


@pytest.mark.parametrize(("force", "status", "code"), [("", 409, "agent_connected"), ("?force=true", 200, None)])
async def test_connected_agent_stays_unless_forced(memory: Open, force: str, status: int, code: str | None) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await connect(w, "prod")
        found, document = await w.call("DELETE", f"/agents/prod{force}")
        assert (found, document.get("code")) == (status, code)
        assert (await clients.find(p.store, "agent.main.prod") is None) is (status == 200)


@pytest.mark.parametrize(
    ("phase", "target", "status"),
    [
        (Phase.RUNNING, TargetPhase.DEPLOYING, 409),
        (Phase.RUNNING, TargetPhase.WAITING, 409),
        (Phase.RUNNING, TargetPhase.RETURNING, 409),
        (Phase.RUNNING, TargetPhase.ROLLED_BACK, 200),
        (Phase.SUCCEEDED, TargetPhase.SUCCEEDED, 200),
    ],
)
async def test_needed_agent_stays(memory: Open, phase: Phase, target: TargetPhase, status: int) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await w.commits(place_of(deployment), a_deployment(a_target(phase=target, agent="prod"), phase=phase))
        await w.heard(deployment, str(phase))
        found, document = await w.call("DELETE", "/agents/prod")
        assert found == status
        if status == 409:
            assert (document["code"], [one["id"] for one in document["deployments"]]) == ("agent_in_use", [deployment])
            assert (await w.call("DELETE", "/agents/prod?force=true"))[0] == 200


async def test_force_is_yes_or_no(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        assert (await w.call("DELETE", "/agents/prod?force=perhaps"))[0] == 400


async def test_other_tenants_agent_is_not_there(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        assert (await w.call("DELETE", "/agents/prod", token=w.token(tenant="other")))[0] == 404
        assert await clients.find(p.store, "agent.main.prod") is not None


async def test_command_deletes_and_says_what_is_left(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await connect(w, "prod")
        refused = await cli(tmp_path, "agent", "delete", "prod", w=w)
        assert (refused.code, "force it" in refused.err) == (Exit.FAILED, True)
        done = await cli(tmp_path, "agent", "delete", "prod", "--force", w=w)
        assert (done.code, done.out) == (Exit.DONE, "deleted prod; agent.main.prod gets no more tokens\n")
        assert "stop it" in done.err
        assert (await cli(tmp_path, "agent", "show", "prod", w=w)).code == Exit.FAILED
        assert (await cli(tmp_path, "agent", "create", "prod", w=w)).code == Exit.DONE
