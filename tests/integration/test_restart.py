"""A server that is killed and comes back, and processes that take over, with real orders under way."""

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from libs.bus.connection import connect
from libs.durable.ports import Unavailable, Unknown, Write
from libs.runtime.clock import system_random
from libs.runtime.nats_server import NatsServer, ServerFailed
from tests.integration.counting import STEPS, everything_done, judge, ports, process, send, surely
from tests.servers import nats_connection, nats_server
from tests.waiting import eventually


async def test_killed_server_loses_and_repeats_nothing() -> None:
    async with nats_server() as server, ports([server.url]) as own, asyncio.TaskGroup() as group:
        running = group.create_task(process([server.url], "a"))
        for step in range(STEPS):
            await send(own, step)
            if step in {3, 7}:
                server.kill()
                await server.start()
        await everything_done(own)
        running.cancel()
        await judge(own)


async def test_two_processes_share_and_take_over() -> None:
    async with nats_server() as server, ports([server.url]) as own, asyncio.TaskGroup() as group:
        first = group.create_task(process([server.url], "a"))
        await send(own, 0)
        second = group.create_task(process([server.url], "b"))
        for step in range(1, STEPS):
            await send(own, step)
            if step == STEPS // 2:
                first.cancel()
        await everything_done(own)
        second.cancel()
        await judge(own)


async def test_following_survives_a_killed_server() -> None:
    seen: list[bytes] = []
    async with nats_server() as server, ports([server.url]) as own, asyncio.timeout(30):
        messages = own.bus.follow(["evt.>"], after=0)
        for number in range(6):
            await surely(own, Write("evt.t.x.y.1.d.-", b"%d" % number, id=f"m{number}"))
            seen.append((await anext(messages)).data)
            if number % 2:
                server.kill()
                await server.start()
    assert seen == [b"%d" % number for number in range(6)]


async def test_subscription_survives_a_killed_server() -> None:
    async with nats_server() as server, ports([server.url]) as own, own.bus.subscribe("live.>") as packets:
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
    async with nats_server() as server, ports([server.url]) as own:
        server.kill()
        with pytest.raises((Unavailable, Unknown)):
            await own.store.commit([Write("evt.t.x.y.1.d.-", b"1")])


async def test_reading_from_a_dead_server_is_unavailable() -> None:
    async with nats_server() as server, ports([server.url]) as own:
        server.kill()
        with pytest.raises(Unavailable):
            await own.store.last("state.t.x.1.d.-")


async def test_restart_keeps_address_and_store(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as server, ports([server.url]) as own:
        url = server.url
        await own.store.commit([Write("evt.t.x.y.1.d.-", b"1")])
        await server.stop()
    async with nats_server(tmp_path) as server, ports([server.url]) as own:
        assert server.url == url
        assert await own.store.last("evt.t.x.y.1.d.-") is not None


async def test_token_keeps_strangers_out(tmp_path: Path) -> None:
    server = NatsServer(tmp_path, token="a-secret")
    await server.start()
    try:
        async with ports([server.url]) as own:
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
