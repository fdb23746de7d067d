"""A server that is killed and comes back, and processes that take over, with real orders under way."""

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.durable.commit import Shell
from libs.durable.partitions import Ports, Sharing
from libs.durable.ports import Conflict, Stored, Unavailable, Unknown, Write
from libs.durable.replay import replay
from libs.durable.service import Service, serve
from libs.messages.message import Received
from libs.messages.rollout import ApproveStep, RollBack
from libs.messages.subject import Key, state_subject
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.nats_server import NatsServer, ServerFailed
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from tests.counter import COUNTER, Counter, approve, order
from tests.servers import nats_connection, nats_server
from tests.waiting import eventually

STEPS = 12
PARTITIONS = 2
KEYS = [Key("t", number % PARTITIONS, f"d{number}", "x") for number in range(6)]


@asynccontextmanager
async def ports(server: NatsServer) -> AsyncIterator[Ports]:
    async with nats_connection(server) as connection:
        await prepare(connection)
        store = JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())
        yield Ports(JetStreamBus(connection), store, SystemClock())


async def process(server: NatsServer, name: str) -> None:
    """One executor-like process, until cancelled."""
    async with ports(server) as own:
        shell = Shell(COUNTER, own.store, own.clock)

        async def said(received: Received) -> None:
            await shell.apply(received.key, received.message, received.id)

        service = Service("counter", {ApproveStep: said, RollBack: said}, shells=(shell,), lane=lambda key: key)
        await serve(service, own, Sharing(name, PARTITIONS, ttl_seconds=2))


async def send(own: Ports, step: int) -> None:
    """Every machine's order number `step`, repeated until the server says that it has it."""
    for key in KEYS:
        write = order(approve(step), f"{key.deployment}-{step}", SystemClock().now(), key)
        await _surely(own, write)


async def _surely(own: Ports, write: Write) -> None:
    """An order has no revision: its id makes the repeat harmless, as it does for whoever accepts deployments."""
    while True:
        try:
            await own.store.commit([write])
        except (Unavailable, Unknown):
            await own.clock.sleep(0.1)
        except Conflict:
            return  # its id was seen: an attempt without a verdict had been written
        else:
            return


async def outcome(own: Ports, key: Key) -> Counter:
    """Where a machine is, by a history that today's code agrees with."""
    return replay(COUNTER, await _records(own, key))[-1].state


async def _records(own: Ports, key: Key) -> list[Stored]:
    return [stored async for stored in own.store.history([state_subject("rollout", key)])]


async def everything_done(own: Ports) -> None:
    async def done() -> bool:
        try:
            lasts = [await own.store.last(state_subject("rollout", key)) for key in KEYS]
        except Unavailable:
            return False
        return all(last is not None and f'"count":{STEPS}'.encode() in last.data for last in lasts)

    await eventually(done)


async def judge(own: Ports) -> None:
    """Every step once, every fact once, nothing left out."""
    for key in KEYS:
        assert await outcome(own, key) == Counter(STEPS)
    facts = [stored.id async for stored in own.store.history(["evt.*.rollout.step-ended.>"])]
    assert len(facts) == len(set(facts)) == STEPS * len(KEYS)


async def test_killed_server_loses_and_repeats_nothing() -> None:
    async with nats_server() as server, ports(server) as own, asyncio.TaskGroup() as group:
        running = group.create_task(process(server, "a"))
        for step in range(STEPS):
            await send(own, step)
            if step in {3, 7}:
                server.kill()
                await server.start()
        await everything_done(own)
        running.cancel()
        await judge(own)


async def test_two_processes_share_and_take_over() -> None:
    async with nats_server() as server, ports(server) as own, asyncio.TaskGroup() as group:
        first = group.create_task(process(server, "a"))
        await send(own, 0)
        second = group.create_task(process(server, "b"))
        for step in range(1, STEPS):
            await send(own, step)
            if step == STEPS // 2:
                first.cancel()
        await everything_done(own)
        second.cancel()
        await judge(own)


async def test_following_survives_a_killed_server() -> None:
    seen: list[bytes] = []
    async with nats_server() as server, ports(server) as own, asyncio.timeout(30):
        messages = own.bus.follow(["evt.>"], after=0)
        for number in range(6):
            await _surely(own, Write("evt.t.x.y.1.d.-", b"%d" % number, id=f"m{number}"))
            seen.append((await anext(messages)).data)
            if number % 2:
                server.kill()
                await server.start()
    assert seen == [b"%d" % number for number in range(6)]


async def test_subscription_survives_a_killed_server() -> None:
    async with nats_server() as server, ports(server) as own, own.bus.subscribe("live.>") as packets:
        server.kill()
        await server.start()

        async def told() -> bool:
            try:
                await own.bus.publish("live.x", b"1")
            except Unavailable:
                return False
            return True

        await eventually(told)
        async with asyncio.timeout(10):
            assert (await anext(packets)).data == b"1"


async def test_commit_to_a_dead_server_is_no_verdict_or_a_refusal() -> None:
    async with nats_server() as server, ports(server) as own:
        server.kill()
        with pytest.raises((Unavailable, Unknown)):
            await own.store.commit([Write("evt.t.x.y.1.d.-", b"1")])


async def test_reading_from_a_dead_server_is_unavailable() -> None:
    async with nats_server() as server, ports(server) as own:
        server.kill()
        with pytest.raises(Unavailable):
            await own.store.last("state.t.x.1.d.-")


async def test_restart_keeps_address_and_store(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server, ports(server) as own:
        url = server.url
        await own.store.commit([Write("evt.t.x.y.1.d.-", b"1")])
        await server.stop()
    async with nats_server(tmp_path) as server, ports(server) as own:
        assert server.url == url
        assert await own.store.last("evt.t.x.y.1.d.-") is not None


async def test_token_keeps_strangers_out(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, token="a-secret")
    await server.start()
    try:
        async with ports(server) as own:
            await own.store.put("config", "a", b"1")
        stranger = server.url.replace("a-secret@", "")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1), connect([stranger], "stranger", system_random()):
                pass
    finally:
        server.kill()


async def test_taken_port_is_named(tmp_path: Path) -> None:
    async with nats_server() as other:
        (tmp_path / "port").write_text(other.url.rsplit(":", 1)[1])
        with pytest.raises(ServerFailed, match="address already in use"):
            await NatsServer(tmp_path).start()


async def test_port_lost_in_power_cut_is_taken_anew(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server:
        server.kill()
        (tmp_path / "port").write_text("")
        await server.start()
        async with nats_connection(server) as connection:
            assert connection.client.is_connected


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_server_dies_with_its_parent(tmp_path: Path) -> None:
    script = """
        import asyncio, os, signal, sys
        from pathlib import Path
        from libs.runtime.nats_server import NatsServer
        server = NatsServer(Path(sys.argv[1]))
        asyncio.run(server.start())
        print(server.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)]
    parent = subprocess.run(command, capture_output=True, check=False)  # noqa: ASYNC221 - it lives for a moment
    pid = int(parent.stdout)

    async def gone() -> bool:
        return not _is_running(pid)

    await eventually(gone)


def _is_running(pid: int) -> bool:
    """A child that nobody waits for stays as a zombie; that one has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
