"""How many things a second: a bucket of tokens that fills steadily."""

from libs.runtime.clock import Clock


class Rate:
    """`per_second` on average, `burst` at once."""

    def __init__(self, per_second: float, burst: float, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock.monotonic()

    def take(self, patience_seconds: float = 0.0) -> float | None:
        """Take a token: how long to wait before using it, or None where that would be longer than one is ready to."""
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        wait = max(0.0, (1 - self._tokens) / self._per_second)
        if wait > patience_seconds:
            return None
        self._tokens -= 1
        return wait
