"""What happens is told: at least once, in order, by each rule on its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from libs.config.model import NotificationRule
from libs.messages.deployment import DeploymentFailed, DeploymentStarted, DeploymentSucceeded, TargetStarted
from libs.runtime.nats_server import NatsServer
from libs.runtime.port import free_port
from tests.integration.conftest import Open, memory_ports
from tests.integration.notifier.world import configure, happened, notifying, secret
from tests.integration.webhooks.callee import Callee, callee
from tests.waiting import eventually

STARTED = DeploymentStarted(application="shop", targets=("prod",), by="ann")
FAILED = DeploymentFailed(reason="pods crash")


def hook(one: Callee, name: str = "hook", **more: object) -> NotificationRule:
    return NotificationRule(name, "webhook", one.url + "/in", **more)  # type: ignore[arg-type]


def ids(one: Callee) -> list[str]:
    return [asked.headers["x-fairlead-event"] for asked in one.asked]


async def heard(one: Callee, count: int) -> None:
    async def enough() -> bool:
        return len(one.asked) >= count

    await eventually(enough)


async def test_fact_is_told_in_both_forms(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee() as team, callee() as audit:
        secret(tmp_path, "slack", f"{team.url}/services/T0/B0/x\n")
        secret(tmp_path, "audit", "s3cret")
        rules = (
            NotificationRule("team", "slack", url_secret="slack"),
            hook(audit, events=("*",), headers={"Authorization": "Bearer {{secrets.audit}}"}),
        )
        await configure(p.store, *rules)
        async with notifying(p, tmp_path):
            await happened(p.store, "e1", FAILED)
            await happened(p.store, "e2", TargetStarted(target="prod"))
            await heard(audit, 2)
            await heard(team, 1)
        assert (team.asked[0].path, len(team.asked)) == ("/services/T0/B0/x", 1)
        assert json.loads(team.asked[0].body)["text"].startswith("*shop*: the deployment failed: pods crash (<https://")
        first = audit.asked[0]
        assert first.headers["authorization"] == "Bearer s3cret"
        told = json.loads(first.body)
        assert (told["id"], told["event"], told["application"]) == ("e1", "deployment.failed", "shop")
        assert (first.headers["x-fairlead-event"], ids(audit)) == ("e1", ["e1", "e2"])


async def test_dead_receiver_blocks_nobody(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee() as alive:
        dead = NotificationRule("dead", "webhook", f"http://127.0.0.1:{free_port()}/")
        await configure(p.store, dead, hook(alive))
        async with notifying(p, tmp_path) as notifier:
            for number in range(20):
                await happened(p.store, f"e{number}", FAILED)
            await heard(alive, 20)
            assert ids(alive) == [f"e{number}" for number in range(20)]

            async def told() -> bool:
                return notifier.told("sent") == 20

            await eventually(told)


async def test_unanswered_notice_comes_again(ports: Open, tmp_path: Path) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        asked.set()
        await never.wait()
        raise AssertionError

    async with ports() as p, callee(200, hold, 200) as one:
        await configure(p.store, hook(one, events=("*",)))
        async with notifying(p, tmp_path):
            await happened(p.store, "e1", STARTED)
            await happened(p.store, "e2", FAILED)
            async with asyncio.timeout(20):
                await asked.wait()
        async with notifying(p, tmp_path, "n2"):
            await heard(one, 3)
            await happened(p.store, "e3", DeploymentSucceeded())
            await heard(one, 4)
        assert ids(one) == ["e1", "e2", "e2", "e3"]
        assert one.asked[1].body == one.asked[2].body


async def test_retry_after_is_obeyed_in_order(ports: Open, tmp_path: Path) -> None:
    times: list[float] = []

    async def later(_: web.Request) -> web.StreamResponse:
        times.append(asyncio.get_running_loop().time())
        return web.Response(status=429, headers={"Retry-After": "2"})

    async def fine(_: web.Request) -> web.StreamResponse:
        times.append(asyncio.get_running_loop().time())
        return web.Response()

    async with ports() as p, callee(later, fine) as one:
        await configure(p.store, hook(one))
        async with notifying(p, tmp_path) as notifier:
            await happened(p.store, "e1", STARTED)
            await happened(p.store, "e2", FAILED)
            await heard(one, 3)
            assert notifier.told("retried") == 1
        assert ids(one) == ["e1", "e1", "e2"]
        assert times[1] - times[0] >= 2


async def test_refusal_is_not_repeated(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(400, 200) as one:
        await configure(p.store, hook(one))
        async with notifying(p, tmp_path) as notifier:
            await happened(p.store, "e1", STARTED)
            await happened(p.store, "e2", FAILED)
            await heard(one, 2)
            assert (ids(one), notifier.told("given_up")) == (["e1", "e2"], 1)


async def test_long_failure_is_given_up(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(500, 500, 500, 200) as one:
        await configure(p.store, hook(one))
        async with notifying(p, tmp_path, give_up_seconds=1) as notifier:
            await happened(p.store, "e1", STARTED)
            await happened(p.store, "e2", FAILED)

            async def told() -> bool:
                return notifier.told("sent") == 1

            await eventually(told)
            assert (ids(one)[-1], notifier.told("given_up")) == ("e2", 1)


async def test_new_rule_tells_no_history(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee() as one:
        await happened(p.store, "e1", FAILED)
        await configure(p.store, hook(one))
        async with notifying(p, tmp_path):
            await happened(p.store, "e2", FAILED)
            await heard(one, 1)
        assert ids(one) == ["e2"]


async def test_changed_rule_counts_at_once(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee(503) as old, callee() as new:
        await configure(p.store, hook(old))
        async with notifying(p, tmp_path):
            await happened(p.store, "e1", FAILED)
            await heard(old, 1)
            await configure(p.store, hook(new))
            await heard(new, 1)
            count = len(old.asked)
            await configure(p.store)
            await configure(p.store, hook(new, "other"))
            await happened(p.store, "e2", FAILED)
            await heard(new, 2)
        assert (ids(new), len(old.asked)) == (["e1", "e2"], count)


async def test_inner_network_is_not_called(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, callee() as one:
        await configure(p.store, hook(one))
        async with notifying(p, tmp_path, profile="production") as notifier:
            await happened(p.store, "e1", FAILED)

            async def refused() -> bool:
                return notifier.told("given_up") == 1

            await eventually(refused)
        assert one.asked == []


async def test_missing_secret_is_waited_for(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, callee() as one:
        await configure(p.store, NotificationRule("team", "slack", url_secret="hook"))
        async with notifying(p, tmp_path) as notifier:
            await happened(p.store, "e1", FAILED)

            async def tried() -> bool:
                return notifier.told("retried") >= 1

            await eventually(tried)
            secret(tmp_path, "hook", one.url)
            await heard(one, 1)


async def test_handing_over_repeats_one_at_most(ports: Open, tmp_path: Path) -> None:
    async with ports() as p, callee() as one:
        await configure(p.store, hook(one))
        async with notifying(p, tmp_path, "n1"), notifying(p, tmp_path, "n2"):
            for number in range(10):
                await happened(p.store, f"e{number}", FAILED)
            await eventually(lambda: _has(one, [f"e{number}" for number in range(10)]))
        assert len(one.asked) <= 11


@asynccontextmanager
async def running(server: NatsServer, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.notifier`, killed when the block ends."""
    settings = {
        "FAIRLEAD_NATS_URL": server.url,
        "FAIRLEAD_STATE_DIR": str(folder),
        "FAIRLEAD_PROFILE": "development",
        "FAIRLEAD_HTTP_ADDRESS": "127.0.0.1:0",
        "FAIRLEAD_NOTIFIER_LEASE_SECONDS": "2",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.notifier", env={**os.environ, **settings}, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def test_killed_process_loses_nothing(real: Open, server: NatsServer, tmp_path: Path) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        asked.set()
        await never.wait()
        raise AssertionError

    async with real() as p, callee(200, hold, 200) as one:
        await configure(p.store, hook(one))
        async with running(server, tmp_path):
            await happened(p.store, "e1", STARTED)
            await happened(p.store, "e2", FAILED)
            async with asyncio.timeout(30):
                await asked.wait()
        async with running(server, tmp_path):
            await heard(one, 3)
        assert ids(one) == ["e1", "e2", "e2"]


async def _has(one: Callee, expected: list[str]) -> bool:
    """Whether these have come, repeats aside."""
    return list(dict.fromkeys(ids(one))) == expected


@pytest.fixture
def memory() -> Open:
    """Ports in memory only: for what does not reach them."""
    return memory_ports
