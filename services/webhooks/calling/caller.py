"""One attempt: the request, the redirects that are followed, and what the answer means in words fit to be shown."""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from libs.runtime.clock import Clock
from libs.runtime.line import one_line
from libs.secrets.mask import masked
from services.webhooks.calling.rendering import Request, Unrenderable, delivered, redirected
from services.webhooks.calling.way import Answer, Missed, Refused, Way

REDIRECTS_MOST = 3
SHOWN_CHARACTERS = 1000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RETRIED = frozenset({429})


class Attempt(Struct, frozen=True):
    """A request on its way, and how what comes back may be shown."""

    request: Request
    delivery: str
    redacted: Callable[[str], str]


class Caller:
    """Makes attempts, so many at once, each within its time."""

    def __init__(self, clock: Clock, seconds: float, at_once: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._slots = asyncio.Semaphore(at_once)

    async def call(self, way: Way, attempt: Attempt) -> int:
        """The status, a 2xx. Raises `Missed`, `Refused` or `NotNow`, their words without secrets."""
        async with self._slots:
            try:
                answer = await self._followed(way, attempt)
            except Unrenderable as error:
                raise Refused(str(error)) from None
        if 200 <= answer.status < 300:
            return answer.status
        raise (Missed if _is_passing(answer.status) else Refused)(_told(answer, attempt))

    async def _followed(self, way: Way, attempt: Attempt) -> Answer:
        request, until = attempt.request, self._clock.monotonic() + self._seconds
        for _ in range(REDIRECTS_MOST):
            answer = await way.send(delivered(request, attempt.delivery), self._left(until))
            if request.method != "GET" or answer.status not in _REDIRECTS or not answer.location:
                return answer
            request = redirected(request, answer.location)
        answer = await way.send(delivered(request, attempt.delivery), self._left(until))
        if answer.status in _REDIRECTS:
            raise Refused(f"it redirects more than {REDIRECTS_MOST} times")
        return answer

    def _left(self, until: float) -> float:
        return max(0.001, until - self._clock.monotonic())


def shown(text: str, attempt: Attempt) -> str:
    """Without secrets, on one line, and short."""
    return one_line(masked(attempt.redacted(text), attempt.request.hidden), SHOWN_CHARACTERS)


def _told(answer: Answer, attempt: Attempt) -> str:
    body = answer.body.decode(errors="replace").strip()
    kind = f" ({answer.content_type[:100]})" if answer.content_type else ""
    return shown(f"Received non-2xx status code: {answer.status}{kind}{f': {body}' if body else ''}", attempt)


def _is_passing(status: int) -> bool:
    return status >= 500 or status in _RETRIED
