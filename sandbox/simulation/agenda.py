"""Which objects must be looked at, now or at an instant? Each at most once, in the order in which they became due."""

import heapq

from sandbox.state.store import Ref

LEAST_STALE = 256
"""Appointments that were replaced are dropped once they are more than those that hold, and than this."""


class Agenda:
    """Time is the clock's monotonic seconds."""

    def __init__(self) -> None:
        self._now: dict[Ref, None] = {}
        self._later: list[tuple[float, int, Ref]] = []
        self._due: dict[Ref, float] = {}
        self._count = 0

    def add(self, ref: Ref) -> None:
        self._now[ref] = None

    def add_at(self, ref: Ref, instant: float) -> None:
        """An object has one later appointment; a new one replaces it."""
        self._due[ref] = instant
        self._count += 1
        heapq.heappush(self._later, (instant, self._count, ref))
        if len(self._later) > LEAST_STALE + 2 * len(self._due):
            self._later = [entry for entry in self._later if self._due.get(entry[2]) == entry[0]]
            heapq.heapify(self._later)

    def cancel(self, ref: Ref) -> None:
        self._due.pop(ref, None)

    def take(self, now: float) -> Ref | None:
        self._collect(now)
        if not self._now:
            return None
        ref = next(iter(self._now))
        del self._now[ref]
        return ref

    def next_at(self) -> float | None:
        """When something becomes due, if nothing is due yet."""
        while self._later and self._due.get(self._later[0][2]) != self._later[0][0]:
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

    def _collect(self, now: float) -> None:
        while (instant := self.next_at()) is not None and instant <= now:
            _, _, ref = heapq.heappop(self._later)
            del self._due[ref]
            self._now[ref] = None
