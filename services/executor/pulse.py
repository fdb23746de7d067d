"""Does a cluster's API still answer its agent? A watch does not tell: its heartbeats come from the agent alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from libs.kube.port import Transport
from libs.link.port import Away, Busy, Lost, Refused, Silent, Unreachable
from libs.runtime.clock import Clock

BEAT_SECONDS = 5.0
"""How long nothing need have been answered before the API is asked whether it is there."""
ANSWER_SECONDS = 5.0
"""How long it may take over that."""


class Pulse:
    """Asks from time to time, while somebody waits for the cluster; who asks for something else is told of silence."""

    def __init__(self, transport: Transport, path: str, clock: Clock, changed: Callable[[], None]) -> None:
        self.since: datetime | None = None
        """Since when nothing was answered; None while something is."""
        self._transport = transport
        self._path = path
        self._clock = clock
        self._changed = changed
        self._last = clock.monotonic()
        self._feelers: dict[object, None] = {}
        self._felt = asyncio.Event()
        self._limits: dict[asyncio.Timeout, None] = {}
        """In the order in which they began, which is that in which they end."""

    def feel(self, who: object, is_felt: bool) -> None:
        """Whether it matters to this one now."""
        if is_felt:
            self._feelers[who] = None
            self._felt.set()
        else:
            self._feelers.pop(who, None)
            if not self._feelers:
                self.since = None

    def heard(self) -> None:
        """The API is not known to be silent."""
        self._last = self._clock.monotonic()
        if self.since is not None:
            self.since = None
            self._changed()

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """Ends what is done in it once the API is silent: there is no verdict then."""
        try:
            async with asyncio.timeout(None) as limit:
                self._limits[limit] = None
                yield
        except TimeoutError:
            raise Silent("the API is silent") from None
        finally:
            self._limits.pop(limit, None)

    async def run(self) -> None:
        while True:
            if not self._feelers:
                self._felt.clear()
                await self._felt.wait()
            left = self._last + BEAT_SECONDS - self._clock.monotonic()
            await (self._clock.sleep(left) if left > 0 else self._beat())

    async def _beat(self) -> None:
        began = self._clock.now()
        try:
            # Where it is the agent that is away or busy, who asks for something that matters is told so.
            with suppress(Away, Busy, Refused, Unreachable):
                await self._transport.request("GET", self._path)
            self.heard()
        except Lost as error:
            self._last = self._clock.monotonic()
            if isinstance(error, Silent):
                self._fell(began)

    def _fell(self, began: datetime) -> None:
        if self.since is None:
            self.since = began
            self._changed()
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time())
        self._limits.clear()
