"""Which agents a start believes to be there, and what it never says from memory."""

from random import Random

import pytest

from libs.auth import clients
from libs.auth.clients import NewClient
from libs.auth.principal import Kind
from libs.bus.broker import Broker
from libs.link.connections import BUCKET, Connection, Connections, encode_connections
from libs.store.memory import MemoryStore
from services.intake.directory import FRESH_SECONDS, Directory
from tests.clock import VirtualClock

STREAM = Connection("main", "prod", "1", "0.1.0", "2026-05-01T12:00:00Z")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def store(clock: VirtualClock) -> MemoryStore:
    return MemoryStore(Broker(clock))


async def register(store: MemoryStore, clock: VirtualClock, name: str) -> str:
    wanted = NewClient("main", name, ("agent",), Kind.AGENT)
    return (await clients.create(store, wanted, clock, Random(name))).client_id


async def test_new_agent_is_known_at_once(store: MemoryStore, clock: VirtualClock) -> None:
    directory = Directory(store, clock)
    await register(store, clock, "staging")
    assert await directory.registered("main", frozenset({"staging"})) == {"staging"}
    await register(store, clock, "prod")
    assert await directory.registered("main", frozenset({"prod"})) == {"staging", "prod"}


async def test_removed_agent_is_soon_forgotten(store: MemoryStore, clock: VirtualClock) -> None:
    directory = Directory(store, clock)
    made = await register(store, clock, "prod")
    assert await directory.registered("main", frozenset({"prod"})) == {"prod"}
    await clients.delete(store, "main", made)
    await clock.advance(FRESH_SECONDS)
    assert await directory.registered("main", frozenset({"prod"})) == frozenset()


async def test_connection_is_believed_for_a_moment(store: MemoryStore, clock: VirtualClock) -> None:
    directory = Directory(store, clock)
    await store.put(BUCKET, "gateway", encode_connections(Connections("gateway", (STREAM,))))
    assert await directory.connected("main") == {"prod"}
    await store.delete(BUCKET, "gateway")
    assert await directory.connected("main") == {"prod"}
    await clock.advance(FRESH_SECONDS)
    assert await directory.connected("main") == frozenset()


async def test_tenants_do_not_see_each_other(store: MemoryStore, clock: VirtualClock) -> None:
    directory = Directory(store, clock)
    await store.put(BUCKET, "gateway", encode_connections(Connections("gateway", (STREAM,))))
    assert await directory.connected("main") == {"prod"}
    assert await directory.connected("other") == frozenset()
