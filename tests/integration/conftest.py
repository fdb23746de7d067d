"""The ports in all their forms: the twin in memory, one nats-server, and a cluster of three."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from msgspec import Struct

from libs.bus.broker import Broker
from libs.bus.connection import Connection, connect
from libs.bus.jetstream import JetStreamBus
from libs.bus.memory import MemoryBus
from libs.durable.ports import Bus, Store, Unavailable
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.nats_server import NatsServer
from libs.store.jetstream import JetStreamStore
from libs.store.memory import MemoryStore
from libs.store.prepare import Differs, prepare
from libs.store.seal import Seal
from tests.integration.bad_input.elsewhere import LEFT_OUT
from tests.nats_cluster import NODES, NatsCluster
from tests.waiting import eventually


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


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsCluster]:
    cluster = NatsCluster(tmp_path_factory.mktemp("nats-cluster"))
    try:
        asyncio.run(cluster.start())
        yield cluster
    finally:
        cluster.kill()


FORMS = ("memory", "jetstream", "cluster")


@pytest.fixture(params=FORMS[:2])
def ports(request: pytest.FixtureRequest) -> Open:
    """For who builds on the ports; that three nodes keep the same contract is shown where the contract is."""
    return in_form(request)


def in_form(request: pytest.FixtureRequest) -> Open:
    match request.param:
        case "memory":
            return memory_ports
        case "jetstream":
            return real_ports(request.getfixturevalue("server"))
        case _:
            return served_ports(request.getfixturevalue("cluster").urls, NODES)


@pytest.fixture
def real(server: NatsServer) -> Open:
    """Only the real ones: for what a twin in the same process cannot show."""
    return real_ports(server)


@asynccontextmanager
async def memory_ports() -> AsyncIterator[Ports]:
    broker = Broker(SystemClock())

    @asynccontextmanager
    async def rival() -> AsyncIterator[tuple[Bus, Store]]:
        yield MemoryBus(broker), MemoryStore(broker)

    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(broker.run())
        yield Ports(MemoryBus(broker), MemoryStore(broker), rival)
        ticking.cancel()


def real_ports(server: NatsServer) -> Open:
    return served_ports([server.url], 1)


def served_ports(urls: Sequence[str], replicas: int) -> Open:
    @asynccontextmanager
    async def rival() -> AsyncIterator[tuple[Bus, Store]]:
        async with connect(urls, "rival", system_random()) as connection:
            yield JetStreamBus(connection), store_on(connection)

    @asynccontextmanager
    async def open_ports() -> AsyncIterator[Ports]:
        async with connect(urls, "test", system_random()) as connection:
            await empty(connection, replicas)
            yield Ports(JetStreamBus(connection), store_on(connection), rival)

    return open_ports


def store_on(connection: Connection) -> JetStreamStore:
    return JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())


class _State(Struct, frozen=True):
    last_seq: int
    consumer_count: int


class _Named(Struct, frozen=True):
    name: str


class _Stream(Struct, frozen=True):
    config: _Named
    state: _State


class _Streams(Struct, frozen=True):
    streams: list[_Stream]


async def _names(connection: Connection, used: bool = False) -> list[str]:
    found = await connection.ask("STREAM.LIST", {}, _Streams)
    return [
        stream.config.name
        for stream in found.streams
        if not used or stream.state.last_seq or stream.state.consumer_count
    ]


async def empty(connection: Connection, replicas: int) -> None:
    """What a process finds that is the first: streams that were used are made anew."""

    async def prepared() -> bool:
        try:
            for name in await _names(connection, used=True):
                await connection.ask(f"STREAM.DELETE.{name}", {}, object)
            await prepare(connection, replicas)
        except Unavailable:  # the server is still removing the files of the stream that was deleted
            return False
        except Differs:  # as another test wanted it
            for name in await _names(connection):
                await connection.ask(f"STREAM.DELETE.{name}", {}, object)
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
