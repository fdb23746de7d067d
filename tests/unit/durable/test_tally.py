"""What is counted of messages: each once, under names from a short list."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.durable.arrival import arrival
from libs.durable.decision import Due
from libs.durable.dispatch import Rejected
from libs.durable.partitions import Ports
from libs.durable.ports import Unavailable, Write
from libs.durable.service import Service, serve_partition
from libs.durable.tally import OTHER, address_of
from libs.messages.message import Received
from libs.messages.rollout import ApproveStep
from libs.messages.subject import due_subject, message_subject
from libs.runtime.metrics import Metrics
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.counter import KEY, approve, order


class World:
    """A broker, a process's metrics, and an installation's messages to count."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.metrics = Metrics()
        self.errors: list[Exception] = []

    async def approved(self, _: Received) -> None:
        if self.errors:
            raise self.errors.pop(0)

    async def woken(self, _: Due) -> None:
        return

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        service = Service("executor", {ApproveStep: self.approved}, due={"rollout": self.woken})
        ports = Ports(MemoryBus(self.broker), MemoryStore(self.broker), self.clock, self.metrics.message_settled)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(serve_partition(service, ports, KEY.partition))
            await settle()
            yield
            serving.cancel()

    def counted(self, address: str, outcome: str) -> float | None:
        labels = {"service": "executor", "address": address, "outcome": outcome}
        return self.metrics.registry.get_sample_value("fairlead_messages_handled_total", labels)

    def timed(self, address: str) -> float | None:
        labels = {"service": "executor", "address": address}
        return self.metrics.registry.get_sample_value("fairlead_message_seconds_count", labels)

    def send(self) -> None:
        self.broker.commit([order(approve(0), "m1", self.clock.now())])


@pytest.fixture
def world() -> World:
    return World()


async def test_handled_message_is_counted(world: World) -> None:
    async with world.serving():
        world.send()
        await settle()
    assert world.counted(ApproveStep.address, "done") == 1
    assert world.timed(ApproveStep.address) == 1


async def test_repeated_attempt_is_counted_apart(world: World) -> None:
    world.errors = [Unavailable("away"), Unavailable("away")]
    async with world.serving():
        world.send()
        await settle()
        await world.clock.advance(1.0)
        await settle()
    assert (world.counted(ApproveStep.address, "retried"), world.counted(ApproveStep.address, "done")) == (2, 1)
    assert world.timed(ApproveStep.address) == 1


async def test_dead_letter_is_counted(world: World) -> None:
    world.errors = [Rejected("never")]
    async with world.serving():
        world.send()
        await settle()
    assert world.counted(ApproveStep.address, "dead") == 1
    assert world.counted(ApproveStep.address, "done") is None


async def test_timer_counts_by_its_noun(world: World) -> None:
    async with world.serving():
        world.broker.commit([Write(due_subject("rollout", "step", KEY, 1), b"")])
        await settle()
    assert world.counted("due.rollout", "done") == 1


async def test_foreign_words_become_no_label(world: World) -> None:
    broker = world.broker
    broker.commit([Write(message_subject("cmd.rollout.nonsense", KEY), b"{}"), Write("due.made.up", b"")])
    broker.commit([Write(due_subject("foreign", "step", KEY, 1), b"")])
    assert {address_of(arrival(stored).parsed, {"rollout"}) for stored in broker.stored([">"], 0)} == {OTHER}
