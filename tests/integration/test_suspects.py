"""What processes leave behind when they end in the middle, on every store."""

from contextlib import AsyncExitStack

from libs.durable.partitions import LEASE
from libs.durable.ports import Store, Stored
from libs.durable.suspects import Suspects
from libs.runtime.clock import SystemClock
from tests.integration.conftest import Open

CLOCK = SystemClock()
MESSAGE = Stored("cmd.main.rollout.start.3.d.t", 7, CLOCK.now(), b"")


async def ended_in_the_middle(store: Store, left: list[AsyncExitStack]) -> int:
    """A process that ends while it handles the message; how many others it found to have. What it left undone is kept:
    collected, it would be done."""
    suspects = Suspects("executor-3", store, CLOCK)
    async with AsyncExitStack() as life:
        await life.enter_async_context(suspects.holding())
        ended = await life.enter_async_context(suspects.handling(MESSAGE))
        left.append(life.pop_all())
    return ended


async def test_endings_are_counted_in_the_store(ports: Open) -> None:
    left: list[AsyncExitStack] = []
    async with ports() as opened:
        assert [await ended_in_the_middle(opened.store, left) for _ in range(4)] == [0, 0, 1, 2]
        suspects = Suspects("executor-3", opened.store, CLOCK)
        async with suspects.holding(), suspects.handling(MESSAGE) as ended:
            assert ended == 3
        assert await opened.store.entries(LEASE) == []
