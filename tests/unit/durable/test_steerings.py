"""Who steers a record, from when to when, and what becomes of steering that fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from structlog.testing import capture_logs

from libs.bus.broker import Broker
from libs.durable.commit import Shell
from libs.durable.ports import Unavailable, Write
from libs.durable.steerings import Steerings, Stopped, Tenure, Work
from libs.messages.message import Message, Received
from libs.messages.subject import Key, state_subject
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock, settle
from tests.counter import COUNTER, KEY, Counter, approve, roll_back

Run = Callable[["Counting"], Awaitable[None]]
OTHER = Key("t", 1, "e").of_target("prod")


async def until_ended(counting: "Counting") -> None:
    """Follow the record to its end."""
    while True:
        counting.tenure.wake.clear()
        state = (await counting.shell.load(counting.tenure.key)).state
        counting.seen.append(state.count)
        if state.ended:
            return
        await counting.tenure.wake.wait()


class Counting:
    """Steers a counter."""

    def __init__(self, run: Run, shell: Shell[Counter], tenure: Tenure) -> None:
        self.shell = shell
        self.tenure = tenure
        self.seen: list[int] = []
        self.errors: list[str] = []
        self._run = run

    async def run(self) -> None:
        await self._run(self)

    async def failed(self, error: Exception) -> None:
        self.errors.append(str(error))


class World:
    def __init__(self, run: Run = until_ended) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.store = MemoryStore(self.broker)
        self.shell = Shell(COUNTER, self.store, self.clock)
        self.begun: list[Counting] = []
        self.ended: list[Counting] = []
        self.run = run
        self.steerings = Steerings(
            self.shell, self.store, "one", Work(lambda counter: not counter.ended, self._begin, self._ended)
        )

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        async with self.steerings.kept():
            yield
            await self.steerings.let_go(1)

    async def tell(self, message: Message, id_: str, key: Key = KEY) -> None:
        await self.steerings.tell(Received(id_, key, message, datetime(2026, 1, 1, tzinfo=UTC)))
        await settle()

    def _begin(self, tenure: Tenure) -> Counting:
        self.begun.append(Counting(self.run, self.shell, tenure))
        return self.begun[-1]

    async def _ended(self, counting: Counting) -> None:
        self.ended.append(counting)


async def test_one_steers_until_the_end() -> None:
    world = World()
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.tell(approve(1), "b")
        assert [counting.seen for counting in world.begun] == [[1, 2]]
        assert world.steerings.present == (world.begun[0],)
        await world.tell(roll_back(), "c")
        assert world.begun[0].seen == [1, 2, 2]
        assert (world.ended, len(world.steerings.present)) == (world.begun, 0)
        await world.tell(approve(2), "d")
        assert len(world.begun) == 1


async def test_present_are_in_the_order_of_coming() -> None:
    world = World()
    async with world.kept():
        await world.tell(approve(0), "a", OTHER)
        await world.tell(approve(0), "b")
        assert [counting.tenure.key for counting in world.steerings.present] == [OTHER, KEY]


async def test_return_to_a_partition_begins_anew() -> None:
    world = World()
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.steerings.let_go(1)
        assert world.steerings.present == ()
        await world.steerings.take_over(1)
        assert [counting.tenure.name for counting in world.begun] == ["one-1", "one-2"]
        assert not world.ended


async def test_never_begun_task_can_be_let_go() -> None:
    world = World()
    async with world.kept():
        await world.shell.apply(KEY, approve(0), "a")
        await world.steerings.take_over(1)
        await world.steerings.let_go(1)
        assert world.steerings.present == ()
        await world.steerings.take_over(1)
        await settle()
        assert [counting.seen for counting in world.begun] == [[], [1]]


async def test_other_partitions_stay() -> None:
    world = World()
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.steerings.let_go(2)
        assert world.steerings.present == (world.begun[0],)


async def test_only_what_lives_and_is_readable_is_taken_over() -> None:
    world = World()
    async with world.kept():
        await world.shell.apply(KEY, approve(0), "a")
        await world.shell.apply(OTHER, roll_back(), "b")
        await world.store.commit([Write(state_subject("rollout", Key("t", 1, "a").of_target("x")), b"nonsense")])
        with capture_logs() as logs:
            await world.steerings.take_over(1)
        assert [counting.tenure.key for counting in world.begun] == [KEY]
        assert [line["event"] for line in logs] == ["record_unreadable"]


async def test_failure_is_told_and_tried_ever_more_slowly() -> None:
    instants: list[float] = []

    async def fail(counting: Counting) -> None:
        instants.append(world.clock.monotonic())
        raise RuntimeError(f"failure {counting.tenure.failures}")

    world = World(fail)
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.clock.advance(30)
        assert instants == [0, 2, 6, 14, 30]
        assert world.begun[0].errors[:2] == ["failure 0", "failure 1"]
        await world.clock.advance(600)
        assert instants[-1] - instants[-2] == 60


async def test_wake_does_not_hurry_what_fails() -> None:
    async def fail(counting: Counting) -> None:
        counting.tenure.wake.set()
        raise RuntimeError

    world = World(fail)
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.tell(approve(1), "b")
        assert world.begun[0].tenure.failures == 1


async def test_one_that_fails_fails_alone() -> None:
    async def fail_first(counting: Counting) -> None:
        if counting.tenure.key == KEY:
            raise RuntimeError
        await until_ended(counting)

    world = World(fail_first)
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.tell(approve(0), "b", OTHER)
        assert [counting.seen for counting in world.begun] == [[], [1]]


async def test_bus_that_is_away_is_no_failure() -> None:
    away = [Unavailable("no leader"), Unavailable("no leader")]

    async def wait_for_the_bus(counting: Counting) -> None:
        if away:
            raise away.pop()
        await until_ended(counting)

    world = World(wait_for_the_bus)
    async with world.kept():
        await world.tell(approve(0), "a")
        await world.clock.advance(3)
        counting = world.begun[0]
        assert (counting.seen, counting.errors, counting.tenure.failures) == ([1], [], 0)


async def test_whom_another_process_stopped_stays_stopped() -> None:
    async def stop(counting: Counting) -> None:
        counting.tenure.wake.set()
        raise Stopped

    world = World(stop)
    async with world.kept():
        await world.tell(approve(0), "a")
        assert (len(world.begun), world.steerings.present) == (1, ())


async def test_wake_at_the_end_is_not_lost() -> None:
    async def overlook_once(counting: Counting) -> None:
        if not counting.seen:
            counting.seen.append(-1)
            counting.tenure.wake.set()
            return
        await until_ended(counting)

    world = World(overlook_once)
    async with world.kept():
        await world.tell(approve(0), "a")
        assert world.begun[0].seen == [-1, 1]


async def test_wait_ends_when_woken() -> None:
    tenure = Tenure(KEY, "one-1")
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        waiting = group.create_task(tenure.wait(3600))
        await settle()
        assert not waiting.done()
        tenure.wake.set()


async def test_taking_over_waits_until_somebody_keeps_the_tasks() -> None:
    world = World()
    await world.shell.apply(KEY, approve(0), "a")
    async with asyncio.TaskGroup() as group:
        taking = group.create_task(world.steerings.take_over(1))
        await settle()
        assert not taking.done()
        async with world.kept():
            await taking
            await settle()
            assert world.begun[0].seen == [1]
