"""Who says that an agent is no longer connected when its gateway cannot say it any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.link.connections import BUCKET, RENEW_SECONDS, TTL_SECONDS, connected
from libs.link.pulse import Rhythm
from libs.messages.agent import AgentDisconnected
from libs.messages.codec import decode, decode_envelope
from libs.store.memory import MemoryStore
from services.gateway.connections import Presence
from services.gateway.session import Caller, Place, Session
from services.gateway.translate import Hello
from tests.clock import VirtualClock
from tests.faults import AWAY, LOST_AFTER, FaultyStore

CALLER = Caller("acme", "prod", datetime(2030, 1, 1, tzinfo=UTC))
HELLO = Hello(1, 1, "1.0", "p", ("request",), "")


class World:
    """A store, and gateways on it that can die."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        broker = Broker(self.clock)
        self.broker = broker
        self.bus, self.store = MemoryBus(broker), FaultyStore(MemoryStore(broker))

    def presence(self, name: str) -> Presence:
        return Presence(name, self.bus, self.store, self.clock)

    def session(self, gateway: str, name: str = "1", agent: str = CALLER.agent) -> Session:
        caller = Caller(CALLER.tenant, agent, CALLER.expires)
        return Session(Place(gateway, name, Rhythm()), caller, HELLO, self.bus, self.clock)

    async def ended(self) -> list[AgentDisconnected]:
        facts = [stored async for stored in self.store.history(["evt.*.agent.disconnected.-.*.-"])]
        envelopes = [decode_envelope(fact.data) for fact in facts]
        found = [decode(envelope.type, envelope.data) for envelope in envelopes]
        return [fact for fact in found if isinstance(fact, AgentDisconnected)]


@asynccontextmanager
async def at_work(presence: Presence) -> AsyncIterator[None]:
    """Until the block is left, as suddenly as a killed process."""
    task = asyncio.create_task(presence.run())
    try:
        yield
    finally:
        task.cancel()


async def with_a_dead_gateway(world: World) -> None:
    """`g1` had one agent; its record is still there."""
    one = world.presence("g1")
    async with at_work(one):
        await one.joined(world.session("g1"))
        await world.clock.advance(1)


@pytest.mark.feature("F8")
async def test_others_speak_for_a_gateway_that_died() -> None:
    world = World()
    async with at_work(world.presence("g2")), at_work(world.presence("g3")):
        await with_a_dead_gateway(world)
        await world.clock.advance(RENEW_SECONDS)
        assert await world.ended() == [], "it may only be slow"
        await world.clock.advance(TTL_SECONDS + RENEW_SECONDS)
        told = await world.ended()
    assert [(one.agent, one.gateway, one.reason) for one in told] == [("prod", "g1", "the gateway is gone")]


async def test_crowd_takes_several_records() -> None:
    world = World()
    others, dead = world.presence("g2"), world.presence("g1")
    agents = [f"{number:04}-{'x' * 200}" for number in range(2500)]
    async with at_work(others):
        async with at_work(dead):
            for number, agent in enumerate(agents):
                await dead.joined(world.session("g1", str(number), agent))
            await world.clock.advance(1 + RENEW_SECONDS)
        assert sorted(one.agent for one in await connected(world.store, "acme")) == agents
        await world.clock.advance(TTL_SECONDS + 2 * RENEW_SECONDS)
        assert sorted(fact.agent for fact in await world.ended()) == agents


async def test_streams_that_left_leave_no_record() -> None:
    world = World()
    one = world.presence("g1")
    sessions = [world.session("g1", str(number), f"{number:04}") for number in range(1500)]
    async with at_work(world.presence("g2")), at_work(one):
        for session in sessions:
            await one.joined(session)
        await world.clock.advance(1 + RENEW_SECONDS)
        for session in sessions[:1000]:
            one.left(session, "the agent ended the stream")
        await world.clock.advance(1 + RENEW_SECONDS)
        assert len(await connected(world.store, "acme")) == 500
        assert len(await world.store.entries(BUCKET)) == 2, "one for each gateway"
        await world.clock.advance(TTL_SECONDS + RENEW_SECONDS)
        assert len(await world.ended()) == 1000


async def test_successor_speaks_for_who_was_killed() -> None:
    world = World()
    await with_a_dead_gateway(world)
    async with at_work(world.presence("g1-again")):
        await world.clock.advance(TTL_SECONDS + 2 * RENEW_SECONDS)
        assert [one.gateway for one in await world.ended()] == ["g1"]


async def test_gateway_that_stopped_has_spoken_itself() -> None:
    world = World()
    async with at_work(world.presence("g2")):
        one = world.presence("g1")
        async with at_work(one):
            session = world.session("g1")
            await one.joined(session)
            await world.clock.advance(1 + RENEW_SECONDS)
        one.left(session, "the gateway stops")
        await one.withdraw()
        await world.clock.advance(TTL_SECONDS + RENEW_SECONDS)
        assert [fact.reason for fact in await world.ended()] == ["the gateway stops"]


@asynccontextmanager
async def joined(world: World) -> AsyncIterator[tuple[Presence, Session]]:
    """A gateway at work, a second after an agent has come to it."""
    one, session = world.presence("g1"), world.session("g1")
    async with at_work(one):
        await one.joined(session)
        await world.clock.advance(1)
        yield one, session


@pytest.mark.parametrize("fault", [AWAY, LOST_AFTER])
async def test_fact_is_owed_however_long_there_is_no_store(fault: str) -> None:
    world = World()
    async with joined(world) as (one, session):
        world.store.faults = [fault] * 30
        one.left(session, "the agent ended the stream")
        await world.clock.advance(90)
        assert [fact.gateway for fact in await world.ended()] == ["g1"]


async def test_fact_in_hand_is_left_to_who_withdraws() -> None:
    world = World()
    async with joined(world) as (one, session):
        world.store.faults = [AWAY]
        one.left(session, "the gateway stops")
        await world.clock.advance(0.1)
    await one.withdraw()
    assert [fact.gateway for fact in await world.ended()] == ["g1"]
