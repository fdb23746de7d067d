"""Time and randomness as ports: nothing outside this file asks the system for either."""

import asyncio
import random
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, and a way to let it pass."""

    def now(self) -> datetime:
        """The wall clock, aware, UTC. For people and for hints; no decision about a deadline rests on it."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that may ask

    def monotonic(self) -> float:
        return time.monotonic()  # noqa: TID251 - the one place that may ask

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def system_random() -> random.Random:
    """Randomness from the operating system; a simulation passes a seeded `random.Random` instead."""
    return random.SystemRandom()
