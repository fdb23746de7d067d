"""One operating system process: its calls take time, and at any of them it can be stopped, or be no more."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from libs.messages.subject import Key
from tests.crash import Crashed
from tests.integration.crash.skipping import LoopClock
from tests.simulation.ports.chance import Chance

Result = TypeVar("Result")

LATENCY_SECONDS = 0.02
LONGEST_STALL_SECONDS = 90.0
_SKEWS = (-86_400.0, -600.0, -5.0, 5.0, 600.0, 86_400.0)


class Process:
    """An incarnation: after its end another one has another name."""

    def __init__(self, name: str, chance: Chance, tell: Callable[[str], None], kind: str = "process") -> None:
        self.name = name
        self.kind = kind
        """Of the faults that befall it: how often it calls its ports differs."""
        self.chance = chance
        self.is_dead = False
        self.is_stopping = False
        self.at_end: list[Callable[[], object]] = []
        """What the system does for it when it is killed: its connections are reset."""
        self.task: asyncio.Task[None] | None = None
        self.steers: Callable[[], Iterable[Key]] | None = None
        """Whose records it works on; None where that is not its work."""
        self.tell = tell
        self._latency = chance.stream("latency")
        self._time = LoopClock()
        self._stalled_until = 0.0
        self.skew = self._drawn_skew()

    async def call(self, call: Callable[[], Awaitable[Result]]) -> Result:
        """Go out through a port and come back."""
        await self.reach()
        result = await call()
        await self.come_back()
        return result

    async def reach(self) -> None:
        """On the way out."""
        self._require_life()
        if self.chance.strikes(f"{self.kind}.dies_before"):
            self.die("before a call")
        if self.chance.strikes(f"{self.kind}.stops"):
            self.stop()
        if (amount := self.chance.amount(f"{self.kind}.stalls")) is not None:
            self.stall(amount * LONGEST_STALL_SECONDS)
        await self._time.sleep(self._latency.random() * LATENCY_SECONDS)
        await self.awake()

    async def come_back(self) -> None:
        self._require_life()
        if self.chance.strikes(f"{self.kind}.dies_after"):
            self.die("after a call")
        await self.awake()

    async def awake(self) -> None:
        """While it is stopped nothing in it goes on."""
        if (left := self._stalled_until - self._time.monotonic()) > 0:
            await self._time.sleep(left)
        self._require_life()

    def stall(self, seconds: float) -> None:
        """As SIGSTOP does: time passes, and it goes on as if it had not."""
        self.tell(f"{self.name} is stopped for {seconds:.0f} s")
        self._stalled_until = max(self._stalled_until, self._time.monotonic() + seconds)

    @property
    def stalled_seconds(self) -> float:
        return max(0.0, self._stalled_until - asyncio.get_running_loop().time())

    def stop(self) -> None:
        """As SIGTERM does: it is asked to come to its end."""
        if not self.is_stopping and self.task is not None:
            self.is_stopping = True
            self.tell(f"{self.name} is asked to stop")
            self.task.cancel()

    def die(self, when: str) -> None:
        """As SIGKILL does: nothing in it goes on, no farewell reaches anybody."""
        self.is_dead = True
        self.tell(f"{self.name} is killed {when}")
        for end in list(self.at_end):
            end()
        if self.task is not None:
            self.task.cancel()
        raise Crashed(self.name)

    def _require_life(self) -> None:
        if self.is_dead:
            raise Crashed(self.name)

    def _drawn_skew(self) -> float:
        if self.kind != "process":
            return 0.0  # tokens hold by the clock: who has a wrong one lets nobody in
        amount = self.chance.amount("clock.wrong")
        if amount is None:
            return 0.0
        skew = _SKEWS[int(amount * len(_SKEWS))]
        self.tell(f"{self.name} has a clock that is {skew:+.0f} s off")
        return skew


class ProcessClock(LoopClock):
    """What time a process believes it is, and how it waits."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.skew)
        self._process = process

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self._process.awake()
