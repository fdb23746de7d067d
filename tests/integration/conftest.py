"""The ports in both their forms: every contract test runs on a real nats-server and on the twin in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from libs.bus.broker import Broker
from libs.bus.connection import Connection, Refused
from libs.bus.jetstream import JetStreamBus
from libs.bus.memory import MemoryBus
from libs.durable.ports import Bus, Store, Unavailable
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.nats_server import NatsServer
from libs.store.jetstream import JetStreamStore
from libs.store.memory import MemoryStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from tests.integration.bad_input.elsewhere import LEFT_OUT
from tests.servers import nats_connection
from tests.waiting import eventually

STREAMS = ("FAIRLEAD", "KV_lease", "KV_config", "KV_connections", "OBJ_blobs")


class Ports(Struct, frozen=True):
    """One process's ports; `rival` gives those of another process on the same server."""

    bus: Bus
    store: Store
    rival: Callable[[], AbstractAsyncContextManager[tuple[Bus, Store]]]


Open = Callable[[], AbstractAsyncContextManager[Ports]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    folder: Path = tmp_path_factory.mktemp("nats")
    server = NatsServer(folder)
    asyncio.run(server.start())
    yield server
    server.kill()


@pytest.fixture(params=["memory", "jetstream"])
def ports(request: pytest.FixtureRequest) -> Open:
    return _memory if request.param == "memory" else real_ports(request.getfixturevalue("server"))


@pytest.fixture
def real(server: NatsServer) -> Open:
    """Only the real ones: for what a twin in the same process cannot show."""
    return real_ports(server)


@asynccontextmanager
async def _memory() -> AsyncIterator[Ports]:
    broker = Broker(SystemClock())

    @asynccontextmanager
    async def rival() -> AsyncIterator[tuple[Bus, Store]]:
        yield MemoryBus(broker), MemoryStore(broker)

    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(broker.run())
        yield Ports(MemoryBus(broker), MemoryStore(broker), rival)
        ticking.cancel()


def real_ports(server: NatsServer) -> Open:
    @asynccontextmanager
    async def rival() -> AsyncIterator[tuple[Bus, Store]]:
        async with nats_connection(server) as connection:
            yield JetStreamBus(connection), _store(connection)

    @asynccontextmanager
    async def open_ports() -> AsyncIterator[Ports]:
        async with nats_connection(server) as connection:
            await _empty(connection)
            yield Ports(JetStreamBus(connection), _store(connection), rival)

    return open_ports


def _store(connection: Connection) -> JetStreamStore:
    return JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())


async def _empty(connection: Connection) -> None:
    for stream in STREAMS:
        try:
            await connection.ask(f"STREAM.DELETE.{stream}", {}, object)
        except Refused as error:
            if "not found" not in str(error):
                raise

    async def prepared() -> bool:
        try:
            await prepare(connection)
        except Unavailable:  # the server is still removing the files of the stream that was deleted
            return False
        return True

    await eventually(prepared)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Where the whole tier runs, or its catalogue: what that leaves out, and why."""
    here = Path(__file__).parent
    if {Path(argument).resolve() for argument in config.args} & {here, here / "bad_input"}:
        terminalreporter.section("bad input left out")
        for one in sorted(LEFT_OUT, key=lambda one: one.id):
            terminalreporter.line(f"{one.id} {one.what}: {one.why}")
