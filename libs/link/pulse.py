"""Whether the other end of a stream is alive: both sides ping, and any frame counts as a sign of life."""

from collections.abc import Callable

from msgspec import Struct

from libs.runtime.clock import Clock

PING_SECONDS = 10.0
DEAD_SECONDS = 25.0


class Rhythm(Struct, frozen=True):
    """How often to ping, and after how much silence the other side counts as dead. The gateway says it in `welcome`."""

    ping_seconds: float = PING_SECONDS
    dead_seconds: float = DEAD_SECONDS


class Silent(Exception):
    """Nothing was heard from the other side for too long."""


class Pulse:
    """The signs of life on one stream."""

    def __init__(self, clock: Clock, rhythm: Rhythm) -> None:
        self._clock = clock
        self._rhythm = rhythm
        self._heard_at = clock.monotonic()

    def hear(self) -> None:
        self._heard_at = self._clock.monotonic()

    async def beat(self, ping: Callable[[int], None]) -> None:
        """Ping until the other side has been silent for too long; raises `Silent` then."""
        seq = 0
        while True:
            seq += 1
            ping(seq)
            await self._wait()

    async def _wait(self) -> None:
        """Until the next ping is due, in steps small enough to notice death on time."""
        until = self._clock.monotonic() + self._rhythm.ping_seconds
        while (left := until - self._clock.monotonic()) > 0:
            patience = self._heard_at + self._rhythm.dead_seconds - self._clock.monotonic()
            if patience <= 0:
                raise Silent(f"nothing was heard for {self._rhythm.dead_seconds:g} s")
            await self._clock.sleep(min(left, patience))
