"""Orders to machines that count them, and processes that follow them, on real servers: each counts, and once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

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
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from tests.counter import COUNTER, Counter, approve, order
from tests.waiting import eventually

STEPS = 12
PARTITIONS = 2
KEYS = [Key("t", number % PARTITIONS, f"d{number}", "x") for number in range(6)]


@asynccontextmanager
async def ports(urls: Sequence[str], replicas: int = 1) -> AsyncIterator[Ports]:
    async with connect(urls, "test", system_random()) as connection:
        await prepare(connection, replicas)
        store = JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())
        yield Ports(JetStreamBus(connection), store, SystemClock())


async def process(urls: Sequence[str], name: str, replicas: int = 1, lease_seconds: int = 2) -> None:
    """One executor-like process, until cancelled."""
    async with ports(urls, replicas) as own:
        shell = Shell(COUNTER, own.store, own.clock)

        async def said(received: Received) -> None:
            await shell.apply(received.key, received.message, received.id)

        service = Service("counter", {ApproveStep: said, RollBack: said}, shells=(shell,), lane=lambda key: key)
        await serve(service, own, Sharing(name, PARTITIONS, ttl_seconds=lease_seconds))


async def send(own: Ports, step: int) -> None:
    """Every machine's order number `step`, repeated until the server says that it has it."""
    for key in KEYS:
        write = order(approve(step), f"{key.deployment}-{step}", SystemClock().now(), key)
        await surely(own, write)


async def surely(own: Ports, write: Write) -> None:
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


async def everything_done(own: Ports, steps: int = STEPS) -> None:
    async def done() -> bool:
        try:
            lasts = [await own.store.last(state_subject("rollout", key)) for key in KEYS]
        except Unavailable:
            return False
        return all(last is not None and f'"count":{steps}'.encode() in last.data for last in lasts)

    await eventually(done)


async def judge(own: Ports, steps: int = STEPS) -> None:
    """Every step once, every fact once, nothing left out."""
    for key in KEYS:
        assert await outcome(own, key) == Counter(steps)
    facts = [stored.id async for stored in own.store.history(["evt.*.rollout.step-ended.>"])]
    assert len(facts) == len(set(facts)) == steps * len(KEYS)
