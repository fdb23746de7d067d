"""Durable transitions a second: through the shell, and by the bare parts that it is made of.

One transition is one order pulled; a record, two facts and a timer (in place of the last one) committed in one batch;
and the acknowledgement. Both sides do it on one server that fsyncs, for as many machines at once, in turns.
"""

import asyncio
import itertools
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import nats
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg

from libs.bus.connection import Connection
from libs.bus.jetstream import JetStreamBus
from libs.durable.commit import Shell
from libs.durable.dispatch import Dispatcher, Routes
from libs.durable.ports import Store
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Message, Received
from libs.messages.rollout import ApproveStep, RolloutHindered, StepEnded
from libs.messages.subject import Key, message_filter
from libs.runtime import log
from libs.runtime.clock import SystemClock, system_random
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from tests.bench.row import Row, row
from tests.counter import TARGET, approve, order
from tests.servers import nats_connection, nats_server

# Many short turns: what else runs on the machine then slows both sides alike.
ROUNDS = 40
MACHINES = (32, 1)
STEPS = 4
SERIAL_STEPS = 40

Side = Callable[[list[Key], int], Awaitable[float]]


class Walk(Struct, frozen=True):
    """How far a machine is."""

    step: int = 0
    text: str = "x" * 500


def advance(walk: Walk, message: Message) -> Transition[Walk]:
    match message:
        case ApproveStep(step=step) if step == walk.step:
            facts = StepEnded(target=TARGET, step=step), RolloutHindered(target=TARGET, reason="as every step")
            return Walk(step + 1), (*facts, Arm("step", 3600))
        case _:
            return walk, ()


WALK = Machine("rollout", Walk, Walk(), advance, lambda _: False)


async def run() -> list[Row]:
    clock = SystemClock()
    log.configure(clock, "json", "info", open(os.devnull, "w"))  # noqa: SIM115, ASYNC230 - as long as the process
    async with nats_server() as server, nats_connection(server) as connection:
        await prepare(connection)
        store = JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())
        bare = await nats.connect(server.url)
        sides: dict[str, Side] = {"ours": _Ours(connection, store).walk, "bare": _Bare(bare).walk}
        rows = [await _compared(count, sides, store) for count in MACHINES]
        await bare.close()
        return rows


async def _compared(machines: int, sides: dict[str, Side], store: Store) -> Row:
    """Rounds in turns; the median of each side."""
    steps = STEPS if machines > 1 else SERIAL_STEPS
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number, (name, side) in enumerate(list(sides.items()) * (ROUNDS + 1)):
        partition = 100 * machines + number
        keys = [Key("t", partition, f"{name}-{partition}-{one}") for one in range(machines)]
        await _send(store, keys, steps)
        seconds = await side(keys, steps)
        rates[name].append(machines * steps / seconds)
    value, floor = (statistics.median(rates[name][1:]) for name in sides)  # the first warms up
    metric = f"transitions, {machines} at once"
    return row("commit", metric, value, "1/s", n=ROUNDS * machines * steps, floor=floor, goal="ratio >= 0.8")


async def _send(store: Store, keys: list[Key], steps: int) -> None:
    """Every machine's first order, then every machine's second, and so on."""
    now = SystemClock().now()
    orders = [order(approve(step), f"{key.deployment}-{step}", now, key) for step in range(steps) for key in keys]
    for start in range(0, len(orders), 100):
        await store.commit(orders[start : start + 100])


def _filter(keys: list[Key]) -> str:
    return message_filter(ApproveStep.address, keys[0].partition)


class _Ours:
    def __init__(self, connection: Connection, store: Store) -> None:
        self._bus, self._store, self._clock = JetStreamBus(connection), store, SystemClock()

    async def walk(self, keys: list[Key], steps: int) -> float:
        """Seconds for all of it."""
        shell = Shell(WALK, self._store, self._clock)
        left, done = len(keys) * steps, asyncio.Event()

        async def approved(received: Received) -> None:
            nonlocal left
            if (await shell.apply(received.key, received.message, received.id)).committed:
                left -= 1
            if not left:
                done.set()

        dispatcher = Dispatcher(Routes({ApproveStep: approved}), self._store, self._clock)
        name = f"ours-{keys[0].partition}"
        async with self._bus.consume(name, [_filter(keys)]) as deliveries, asyncio.TaskGroup() as group:
            start = time.perf_counter()
            running = group.create_task(dispatcher.run(deliveries))
            await done.wait()
            seconds = time.perf_counter() - start
            running.cancel()
        return seconds


class _Bare:
    """The same work as one would write it by hand for this one purpose: no state is kept, read or decided."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._batches = itertools.count(1)
        self._state = json.dumps({"state": {"step": 0, "text": "x" * 500}, "padding": "y" * 220}).encode()
        self._fact = json.dumps({"id": "0" * 32, "data": {"target": TARGET}, "padding": "y" * 180}).encode()

    async def walk(self, keys: list[Key], steps: int) -> float:
        """Seconds for all of it."""
        pull = await self._client.jetstream().pull_subscribe(
            _filter(keys), durable=f"bare-{keys[0].partition}", stream="FAIRLEAD"
        )
        last: dict[str, tuple[int, int]] = {}
        turns: dict[str, asyncio.Lock] = {}

        async def transition(message: Msg) -> None:
            key = message.subject.split(".", 4)[4]
            async with turns.setdefault(key, asyncio.Lock()):
                last[key] = await self._commit(key, *last.get(key, (0, 0)))
                await message.ack()

        start = time.perf_counter()
        left = len(keys) * steps
        async with asyncio.TaskGroup() as group:
            while left:
                for message in await pull.fetch(min(left, 64), timeout=5):
                    group.create_task(transition(message))
                    left -= 1
        seconds = time.perf_counter() - start
        await pull.unsubscribe()
        return seconds

    async def _commit(self, key: str, revision: int, timer: int) -> tuple[int, int]:
        """Two facts, the timer in place of the last, the record; the new revision and the timer's number."""
        number = next(self._batches)
        batch = f"b{number}"
        fires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()  # noqa: TID251 - nothing depends on it
        publish = self._client.publish
        await publish(
            f"evt.t.rollout.step-ended.{key}", self._fact,
            headers={"Nats-Batch-Id": batch, "Nats-Batch-Sequence": "1", "Nats-Msg-Id": f"f{number}",
                     "Nats-Scheduler": f"timer.t.rollout.step.{key}.{timer}", "Nats-Schedule-Next": "purge"},
        )  # fmt: skip
        await publish(
            f"evt.t.rollout.hindered.{key}", self._fact,
            headers={"Nats-Batch-Id": batch, "Nats-Batch-Sequence": "2", "Nats-Msg-Id": f"g{number}"},
        )  # fmt: skip
        await publish(
            f"timer.t.rollout.step.{key}.{number}", b"",
            headers={"Nats-Batch-Id": batch, "Nats-Batch-Sequence": "3", "Nats-Schedule": f"@at {fires_at}",
                     "Nats-Schedule-Target": f"due.t.rollout.step.{key}.{number}"},
        )  # fmt: skip
        answer = await self._client.request(
            f"state.t.rollout.{key}", self._state, timeout=5,
            headers={"Nats-Batch-Id": batch, "Nats-Batch-Sequence": "4", "Nats-Batch-Commit": "1",
                     "Nats-Expected-Last-Subject-Sequence": str(revision)},
        )  # fmt: skip
        verdict = json.loads(answer.data)
        if "error" in verdict:
            raise AssertionError(f"the floor did not do its work: {verdict}")
        return int(verdict["seq"]), number
