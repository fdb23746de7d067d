"""How late timers fire: a machine arms them, the shell wakes it, and its next record is committed; and after an outage.

A timer is late by what lies between its deadline, which the server's stamp on the record decides, and the commit of
what it brought about. The floor is the server's own schedules, read by a bare consumer. One that wakes a machine before
its deadline is early, and none may be.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import nats
from msgspec import Struct
from nats.aio.client import Client

from libs.bus.connection import Connection
from libs.bus.jetstream import JetStreamBus
from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.dispatch import Dispatcher, Routes
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Message, Received, TimerFired
from libs.messages.rollout import ApproveStep
from libs.messages.subject import Key, due_filter, message_filter
from libs.runtime import log
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.nats_server import NatsServer
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from tests.bench.row import Row, row
from tests.counter import TARGET, approve, order
from tests.servers import nats_connection, nats_server

TIMERS = 300
FIRST_SECONDS, APART_SECONDS = 4.0, 0.04
"""When the first is due, and how long after it the next: apart, as timers are."""
OUTAGE_SECONDS = 60.0 if os.environ.get("FULL") == "1" else 20.0
_NOUN, _NAME = "rollout", "step"
_CLOCK = SystemClock()


class Alarm(Struct, frozen=True):
    """Woken once."""

    armed: bool = False
    woken: bool = False


def advance(alarm: Alarm, message: Message) -> Transition[Alarm]:
    match message:
        case ApproveStep(step=step) if not alarm.armed:
            return Alarm(armed=True), (Arm(_NAME, FIRST_SECONDS + step * APART_SECONDS),)
        case TimerFired() if not alarm.woken:
            return Alarm(armed=True, woken=True), ()
        case _:
            return alarm, ()


ALARM = Machine(_NOUN, Alarm, Alarm(), advance, lambda alarm: alarm.woken)


class Fired(Struct, frozen=True):
    deadline: datetime
    begun: datetime
    committed: datetime

    @property
    def late(self) -> float:
        return (self.committed - self.deadline).total_seconds()


async def run() -> list[Row]:
    log.configure(_CLOCK, "json", "error", open(os.devnull, "w"))  # noqa: SIM115, ASYNC230 - as long as the process
    with TemporaryDirectory(prefix="fairlead-bench-") as folder:
        async with nats_server(Path(folder)) as server, nats_connection(server) as connection:
            await prepare(connection)
            floor = await _bare(server.url)
            calm = await _alarms(connection, 1)
            fired, returned = await _through_outage(server, connection)
    after = [max(0.0, (one.committed - max(one.deadline, returned)).total_seconds()) for one in fired]
    early = sum(one.begun < one.deadline for one in calm + fired)
    lates = [one.late * 1000 for one in calm]
    return [
        row("timers", "late, p50", _part(lates, 50), "ms", n=TIMERS, floor=_part(floor, 50)),
        row("timers", "late, p99", _part(lates, 99), "ms", n=TIMERS, floor=_part(floor, 99), goal="value <= 1000"),
        row("timers", f"late after {OUTAGE_SECONDS:.0f} s of outage, p50", _part(after, 50), "s", n=TIMERS),
        row(
            "timers", f"late after {OUTAGE_SECONDS:.0f} s of outage, p99", _part(after, 99), "s", n=TIMERS,
            goal="value <= 30",
        ),
        row("timers", "early", float(early), "1", n=2 * TIMERS, goal="value <= 0"),
    ]  # fmt: skip


async def _alarms(connection: Connection, partition: int) -> list[Fired]:
    """Arm them all; return when each has woken its machine."""
    async with _awake(connection, partition) as fired:
        return [await fired.get() for _ in range(TIMERS)]


async def _through_outage(server: NatsServer, connection: Connection) -> tuple[list[Fired], datetime]:
    """The server dies before the first is due; the instant at which it was back."""
    async with _awake(connection, 2) as fired:
        server.kill()
        await _CLOCK.sleep(OUTAGE_SECONDS)
        await server.start()
        returned = _CLOCK.now()
        return [await fired.get() for _ in range(TIMERS)], returned


@asynccontextmanager
async def _awake(connection: Connection, partition: int) -> AsyncIterator[asyncio.Queue[Fired]]:
    """A service that has armed a timer for every machine of a partition, and tells each that fires."""
    store = JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())
    shell, fired = Shell(ALARM, store, _CLOCK), asyncio.Queue[Fired]()
    armed = asyncio.Semaphore(0)
    known: dict[Key, datetime] = {}

    async def approved(received: Received) -> None:
        if (await shell.apply(received.key, received.message, received.id)).committed:
            deadline = (await shell.load(received.key)).timers[_NAME].deadline
            assert deadline is not None, "a record that was read back has a stamp"
            known[received.key] = deadline
            armed.release()

    async def due(one: Due) -> None:
        begun = _CLOCK.now()
        woken = await shell.wake(one)
        # A step that only arms a hasty timer again wakes nobody.
        if woken.committed and woken.state.woken:
            fired.put_nowait(Fired(known[one.key], begun, _CLOCK.now()))

    dispatcher = Dispatcher(Routes({ApproveStep: approved}, {_NOUN: due}, lane=lambda key: key), store, _CLOCK)
    filters = [message_filter(ApproveStep.address, partition), due_filter(_NOUN, partition)]
    keys = [Key("t", partition, f"alarm-{number}").of_target(TARGET) for number in range(TIMERS)]
    async with (
        JetStreamBus(connection).consume(f"timers-{partition}", filters) as deliveries,
        asyncio.TaskGroup() as group,
    ):
        running = group.create_task(dispatcher.run(deliveries))
        now = _CLOCK.now()
        orders = [order(approve(step), f"{partition}-{step}", now, key) for step, key in enumerate(keys)]
        for start in range(0, TIMERS, 100):
            await store.commit(orders[start : start + 100])
        for _ in keys:
            await armed.acquire()
        yield fired
        running.cancel()


async def _bare(url: str) -> list[float]:
    """Milliseconds by which a bare reader of the server's schedules is late."""
    client = await nats.connect(url)
    config = {"name": "BARE", "subjects": ["bare.>"], "allow_msg_schedules": True}
    await client.request("$JS.API.STREAM.CREATE.BARE", json.dumps(config).encode(), timeout=20)
    pull = await client.jetstream().pull_subscribe("bare.due.*", durable="bare", stream="BARE")
    deadlines = {
        number: _CLOCK.now() + timedelta(seconds=FIRST_SECONDS + number * APART_SECONDS) for number in range(TIMERS)
    }
    for number, deadline in deadlines.items():
        await _scheduled(client, number, deadline)
    late = list[float]()
    while len(late) < TIMERS:
        for message in await pull.fetch(1, timeout=30):
            number = int(message.subject.rpartition(".")[2])
            late.append((_CLOCK.now() - deadlines[number]).total_seconds() * 1000)
            await message.ack()
    await client.close()
    return late


async def _scheduled(client: Client, number: int, deadline: datetime) -> None:
    headers = {"Nats-Schedule": f"@at {deadline.isoformat()}", "Nats-Schedule-Target": f"bare.due.{number}"}
    answer = json.loads((await client.request(f"bare.timer.{number}", b"", timeout=5, headers=headers)).data)
    if "error" in answer:
        raise AssertionError(answer)


def _part(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1]
