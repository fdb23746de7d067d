"""Records with work behind them: while one is live, in a partition that is ours, one task of this process steers it.

A steering begins with the message that finds its record live, or when the partition is taken over; whatever happens to
the record wakes it; it ends with the record, or with the partition. What it does is its owner's. One that fails, fails
alone, is told so, and is tried again, ever more slowly.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from libs.durable.commit import Contended, Shell
from libs.durable.decision import Due
from libs.durable.ports import Store, Unavailable, Unknown
from libs.durable.record import NewerSchema, Unreadable, load
from libs.messages.machine import State
from libs.messages.message import Message, Received
from libs.messages.subject import Key, parse, state_filter
from libs.runtime.log import bound, logger

BACK_OFF_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0

_PASSING = (Unavailable, Unknown, Contended)

_log = logger()


class Stopped(Exception):
    """Another process steers this record now."""


class Tenure:
    """One task's time with one record."""

    def __init__(self, key: Key, name: str) -> None:
        self.key = key
        self.name = name
        """No other tenure has it. One that was ended in the middle of a write may be followed by another of this very
        process, for which that late write must not pass."""
        self.wake = asyncio.Event()
        """Set by whoever knows of a change: of the record, or of what it is about."""
        self.failures = 0
        """In a row, for no reason that is known; who steers says when a row ends."""

    async def wait(self, seconds: float) -> None:
        """Until somebody wakes, at most so long."""
        if seconds <= 0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return

    def cause(self, seen: Message, number: int) -> str:
        """The id of what this tenure has seen; `number` tells one occasion from the next."""
        name = seen.address.rpartition(".")[2]
        return f"{name}-{number}-{self.key.deployment}-{self.key.target}-{self.name}"


class Steering(Protocol):
    """The work behind one record."""

    async def run(self) -> None:
        """Steer until nothing is left to do, or raise `Stopped`.

        Called again after a failure, and where somebody woke it while it ended: it begins with a look at the record.
        """
        ...

    async def failed(self, error: Exception) -> None:
        """`run` raised what nobody foresaw: log it, and tell whom it concerns."""
        ...


Steered = TypeVar("Steered", bound=Steering)


async def _nothing(_: object) -> None:
    return


class Work(Struct, Generic[State, Steered], frozen=True):
    """Which records are steered, and how."""

    is_live: Callable[[State], bool]
    begin: Callable[[Tenure], Steered]
    ended: Callable[[Steered], Awaitable[None]] = _nothing
    """Called once a steering has come to its end by itself."""


class Steerings(Generic[State, Steered]):
    """This process's tasks for the records of one noun."""

    def __init__(self, shell: Shell[State], store: Store, process: str, work: Work[State, Steered]) -> None:
        self._shell = shell
        self._store = store
        self._process = process
        self._work = work
        self._held: dict[Key, _Held[Steered]] = {}
        self._tenures = 0
        self._group = asyncio.TaskGroup()
        self._kept = asyncio.Event()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Own the tasks while entered; they end with it."""
        async with self._group:
            self._kept.set()
            yield

    @property
    def present(self) -> tuple[Steered, ...]:
        """Who steers now, in the order of their coming."""
        return tuple(held.steering for held in self._held.values())

    async def tell(self, received: Received) -> None:
        """Apply a message, and let it be followed."""
        applied = await self._shell.apply(received.key, received.message, received.id, received.traceparent)
        self._follow(received.key, applied.state)

    async def wake(self, due: Due) -> None:
        """Apply a timer, and let it be followed."""
        applied = await self._shell.wake(due)
        self._follow(due.key, applied.state)

    async def take_over(self, partition: int) -> None:
        """Go on with what another process, or this one before, has left; nothing else is told before."""
        await self._kept.wait()
        machine = self._shell.machine
        for stored in await self._store.lasts([state_filter(machine.noun, partition)]):
            key = parse(stored.subject).key
            try:
                self._follow(key, load(machine, stored).state)
            except Unreadable:
                _log.exception("record_unreadable", noun=machine.noun, deployment=key.deployment, target=key.target)

    async def let_go(self, partition: int) -> None:
        """End what steers in a partition that is given up: whoever takes it over, this process too, begins anew."""
        tasks = {key: held.task for key, held in self._held.items() if key.partition == partition}
        for task in tasks.values():
            task.cancel()
        if tasks:
            await asyncio.wait(tasks.values())
        for key in tasks:
            self._held.pop(key, None)

    def _follow(self, key: Key, state: State) -> None:
        held = self._held.get(key)
        if held is not None:
            held.tenure.wake.set()
        elif self._work.is_live(state):
            self._tenures += 1
            tenure = Tenure(key, f"{self._process}-{self._tenures}")
            steering = self._work.begin(tenure)
            self._held[key] = _Held(steering, tenure, self._group.create_task(self._steer(steering, tenure)))

    async def _steer(self, steering: Steered, tenure: Tenure) -> None:
        try:
            with bound(deployment=tenure.key.deployment, target=tenure.key.target):
                while (pause := await self._run(steering, tenure)) is not None:
                    await self._shell.clock.sleep(pause)
        finally:
            # Before anything else is awaited: what has ended cannot be woken by the next message.
            self._held.pop(tenure.key, None)
        await self._work.ended(steering)

    async def _run(self, steering: Steered, tenure: Tenure) -> float | None:
        """For how long to pause before it begins again; None where it is over."""
        try:
            await _to_the_end(steering, tenure)
            return None
        except (Stopped, NewerSchema):
            _log.info("steering_left_to_another_process", noun=self._shell.machine.noun)
            return None
        except _PASSING as error:
            _log.warning("steering_waits_for_the_bus", noun=self._shell.machine.noun, error=str(error))
            return BACK_OFF_SECONDS
        except Exception as error:  # noqa: BLE001 - one record that cannot be steered must not end all the others
            tenure.failures += 1
            await self._failed(steering, error)
            return min(LONGEST_PAUSE_SECONDS, BACK_OFF_SECONDS * 2.0 ** min(tenure.failures, 10))

    async def _failed(self, steering: Steered, error: Exception) -> None:
        try:
            await steering.failed(error)
        except Exception as untold:  # noqa: BLE001 - it is told at the next attempt, or stands in the log
            # Not the text: it may hold what was rendered.
            _log.warning("steering_failure_untold", noun=self._shell.machine.noun, error=type(untold).__name__)


async def _to_the_end(steering: Steering, tenure: Tenure) -> None:
    tenure.wake.set()
    while tenure.wake.is_set():
        # Woken since it looked for the last time: what it did not see may want to be steered.
        tenure.wake.clear()
        await steering.run()


class _Held(Struct, Generic[Steered]):
    """A steering that runs."""

    steering: Steered
    tenure: Tenure
    task: asyncio.Task[None]
