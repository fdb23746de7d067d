"""Every declared message said badly in every way: put aside with a reason, told once, and the next one is handled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.dispatch import Dispatcher, Routes, of_its_own
from libs.durable.ports import Conflict, Write
from libs.messages import codec
from libs.messages.codec import MESSAGES
from libs.messages.fault import DeadLettered
from libs.messages.message import Message, Received
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.unit.durable.mangled import ADDRESSES, Bad, bad, encoded, good, message_of, subject

FILTERS = ["cmd.>", "evt.>"]


class World:
    """One dispatcher that handles everything there is."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.seen: list[Message] = []

    @asynccontextmanager
    async def dispatching(self) -> AsyncIterator[list[EventDict]]:
        routes = Routes(dict.fromkeys(MESSAGES.values(), self._handle), lane=of_its_own)
        dispatcher = Dispatcher(routes, MemoryStore(self.broker), self.clock)
        async with MemoryBus(self.broker).consume("c", FILTERS) as deliveries, asyncio.TaskGroup() as group:
            with capture_logs() as logged:
                running = group.create_task(dispatcher.run(deliveries))
                yield logged
                running.cancel()

    async def _handle(self, received: Received) -> None:
        if not isinstance(received.message, DeadLettered):
            self.seen.append(received.message)

    def say(self, where: str, data: bytes) -> int:
        """As whoever may write to the stream can, past everything that our own writers check."""
        return self.broker.commit([Write(where, data)])

    async def quiet(self) -> None:
        while self.broker.consumers["c"].delivered < self.broker.last_sequence or self.unacknowledged:
            await settle()

    @property
    def unacknowledged(self) -> int:
        return len(self.broker.consumers["c"].unacknowledged)

    def letters(self) -> dict[int, DeadLettered]:
        """Those that the dispatcher wrote; what is said badly here may be called so as well."""
        stored = self.broker.stored(["evt.*.fault.dead-lettered.>"], 0)
        envelopes = [codec.decode_envelope(one.data) for one in stored if one.id and b'"reason"' in one.data]
        letters = [codec.decode(one.type, one.data) for one in envelopes]
        return {letter.sequence: letter for letter in letters if isinstance(letter, DeadLettered)}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_badly_said_is_put_aside(address: str) -> None:
    message = MESSAGES[address]
    world = World()
    async with world.dispatching() as logged, asyncio.timeout(60):
        said = {world.say(one.subject, one.data): one for one in bad(message)}
        last = world.say(subject(message), encoded(good(message)))
        await world.quiet()
    assert world.seen == ([] if message is DeadLettered else [message_of(good(message))]), "only the good one"
    assert _without_letter(world, said) == []
    _told_once(logged, said)
    assert last not in world.letters()
    assert len(said) > 50


def _without_letter(world: World, said: dict[int, Bad]) -> list[str]:
    """There is none about a dead letter: it would end the same way."""
    letters = world.letters()
    return [
        one.name
        for sequence, one in said.items()
        if sequence not in letters and ".fault.dead-lettered." not in one.subject
    ]


def _told_once(logged: list[EventDict], said: dict[int, Bad]) -> None:
    told = [line["subject"] for line in logged if line["event"] == "message_dead_lettered"]
    assert sorted(told) == sorted(one.subject for one in said.values())
    assert not [line for line in logged if line["event"] == "message_failed"], "refused, not tried again"


@pytest.mark.parametrize("address", ADDRESSES)
async def test_fields_of_a_later_release_are_ignored(address: str) -> None:
    message, world = MESSAGES[address], World()
    said = good(message)
    later = said | {"added": {"x": [1]}, "data": said["data"] | {"added": "in a later release"}}
    async with world.dispatching(), asyncio.timeout(60):
        world.say(subject(message), encoded(later))
        await world.quiet()
    assert world.seen == ([] if message is DeadLettered else [message_of(said)])
    assert world.letters() == {}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_known_id_says_nothing_else(address: str) -> None:
    world, say = World(), partial(Write, subject(MESSAGES[address]), id="m")
    world.broker.commit([say(data=b"{}")])
    with pytest.raises(Conflict):
        await MemoryStore(world.broker).commit([say(data=b'{"other":1}')])
