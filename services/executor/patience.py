"""When the reason why a goal waits is news: not at once, and not at every turn it takes."""

from libs.runtime.clock import Clock

FIRST_SECONDS = 2.0
"""Pods that start as they should are no news."""
AGAIN_SECONDS = 5.0
"""Counts that change with every pod would fill the history."""


class Patience:
    """How long people are still spared the reason."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0

    def begin(self) -> None:
        """A new goal: give it time."""
        self._until = self._clock.monotonic() + FIRST_SECONDS

    def told(self) -> None:
        self._until = self._clock.monotonic() + AGAIN_SECONDS

    @property
    def left(self) -> float:
        """Seconds until a reason may be told; 0 where it may be now."""
        return max(0.0, self._until - self._clock.monotonic())
