"""Random acts on the twin and on a real server. `FAIRLEAD_TWINS=2000` runs that many lists, each time others."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from hypothesis import HealthCheck, Phase, given, note, settings

from libs.bus.broker import Broker
from libs.bus.jetstream import JetStreamBus
from libs.bus.memory import MemoryBus
from libs.durable.ports import Bus, Store, Write
from libs.runtime.clock import SystemClock
from libs.runtime.nats_server import NatsServer
from libs.store.memory import MemoryStore
from libs.store.prepare import prepare
from tests.integration.conftest import store_on
from tests.integration.twins import acts
from tests.integration.twins.side import SECONDS, Side
from tests.servers import nats_connection

WANTED = os.environ.get("FAIRLEAD_TWINS", "")
LISTS = int(WANTED or 60)
NUMBERS = count(1)
AT_ONCE = 0.002
LAST = acts.Commit((acts.Message(acts.MESSAGES[0], b"last", "", "any", None),))
END: tuple[acts.Act, ...] = (LAST, acts.Pull(1000), acts.Look(), *(acts.Read(filters, 0) for filters in acts.FILTERS))
"""What was not delivered so far comes before the last message, and what should not have come shows."""


@asynccontextmanager
async def shared(server: NatsServer) -> AsyncIterator[list[tuple[Bus, Store]]]:
    """Two processes on the server, on streams that stay from list to list."""
    async with nats_connection(server) as one, nats_connection(server) as other:
        await prepare(one)
        yield [(JetStreamBus(each), store_on(each)) for each in (one, other)]


@asynccontextmanager
async def twin() -> AsyncIterator[Side]:
    broker = Broker(SystemClock())
    processes = [(MemoryBus(broker), MemoryStore(broker)) for _ in range(2)]
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(broker.run())
        yield Side(processes, "t", 0)
        ticking.cancel()


@asynccontextmanager
async def real(processes: list[tuple[Bus, Store]]) -> AsyncIterator[Side]:
    """The stream is the one of all lists before; the tenant is new, and with it every subject, id and key."""
    tenant = f"run{next(NUMBERS)}"
    base = await processes[0][1].commit([Write(f"evt.mark.rollout.marked.1.{tenant}.-", b"")])
    yield Side(processes, tenant, base)


async def same(memory: Side, server: Side, act: acts.Act) -> None:
    expected: object
    found: object
    if isinstance(act, acts.Pull):
        pulled = await memory.pull(act.most, AT_ONCE)
        expected, found = pulled, await server.pull(len(pulled), SECONDS)
    else:
        expected, found = await memory.do(act), await server.do(act)
    assert expected == found, act


async def compared(memory: Side, server: Side, list_: list[acts.Act]) -> None:
    try:
        for act in (*list_, *END):
            note(repr(act))
            await same(memory, server, act)
    finally:
        await memory.close()
        await server.close()


@settings(
    max_examples=LISTS,
    deadline=None,
    derandomize=not WANTED,
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(list_=acts.LISTS)
async def test_twin_answers_as_the_server(server: NatsServer, list_: list[acts.Act]) -> None:
    async with shared(server) as processes, twin() as memory, real(processes) as side:
        await compared(memory, side, list_)
