"""From a consumer to handlers: one queue a machine, machines in parallel, and what becomes of a message that fails.

A message is acknowledged when its handler has returned, or when it is put aside as a dead letter. What only needs time
is tried again for ever; what cannot work is put aside at once; anything else after a few attempts, counted here, or in
the store where it is the process that ends.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from msgspec import Struct

from libs.durable.arrival import Arrival, arrival, received
from libs.durable.commit import Contended
from libs.durable.dead_letter import bury
from libs.durable.decision import Due
from libs.durable.ports import Delivery, Store, Unavailable, Unknown
from libs.durable.record import NewerSchema
from libs.durable.suspects import ENDINGS, Suspects
from libs.durable.tally import Fate, Settled, address_of, untold
from libs.durable.writes import TooLarge
from libs.messages.codec import Malformed
from libs.messages.message import Message, Received
from libs.messages.subject import Key, Parsed
from libs.runtime import trace
from libs.runtime.clock import Clock
from libs.runtime.log import bound, logger

_KEEP_SECONDS = 10.0

_log = logger()


class Rejected(Exception):
    """Handling this message is never going to work; the text says why."""


class Abandoned(Exception):
    """Something that the handler waited for was cancelled, but not the handler."""


Handler = Callable[[Received], Awaitable[object]]
DueHandler = Callable[[Due], Awaitable[object]]
Lane = Callable[[Key], Key]


def of_its_own(key: Key) -> Key:
    """As a lane: what belongs to one deployment goes in parallel."""
    return key


class Routes(Struct, frozen=True):
    """Who handles what."""

    handlers: Mapping[type[Message], Handler]
    due: Mapping[str, DueHandler] = {}
    """By noun: whose timers."""
    lane: Lane = Key.whole
    """Messages of one lane are handled one after the other, in stream order."""
    settled: Settled = untold
    """Told what became of each message, and how long handling it took."""


class Limits(Struct, frozen=True):
    """How much at once, and how long."""

    in_hand: int = 256
    attempts: int = 5
    """Of a handler that fails for no reason that we know."""
    first_delay: float = 0.1
    longest_delay: float = 30.0


class Dispatcher:
    """Handles the messages of one consumer."""

    def __init__(
        self,
        routes: Routes,
        store: Store,
        clock: Clock,
        limits: Limits | None = None,
        suspects: Suspects | None = None,
    ) -> None:
        self._routes = routes
        self._suspects = suspects
        self._handlers = {message.address: handler for message, handler in routes.handlers.items()}
        self._store = store
        self._clock = clock
        self._limits = limits or Limits()
        self._slots = asyncio.Semaphore(self._limits.in_hand)
        self._held: dict[int, Delivery] = {}
        self._lanes: dict[Key, deque[Arrival]] = {}

    async def run(self, deliveries: AsyncIterator[Delivery]) -> None:
        """Handle what comes until cancelled. `NewerSchema`, in a group, says that this process is too old."""
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep())
            async for delivery in deliveries:
                await self._admit(group, delivery)
            keeping.cancel()

    async def _admit(self, group: asyncio.TaskGroup, delivery: Delivery) -> None:
        stored = delivery.stored
        if stored.sequence in self._held:
            # Delivered again while it is still in hand: the newer delivery is the one to acknowledge.
            self._held[stored.sequence] = delivery
            return
        await self._slots.acquire()
        self._held[stored.sequence] = delivery
        arrived = arrival(stored)
        lane = self._routes.lane(arrived.key)
        if lane in self._lanes:
            self._lanes[lane].append(arrived)
        else:
            self._lanes[lane] = deque([arrived])
            group.create_task(self._work(lane))

    async def _work(self, lane: Key) -> None:
        queue = self._lanes[lane]
        while queue:
            arrived = queue.popleft()
            with bound(message_id=arrived.id, deployment=arrived.key.deployment, target=arrived.key.target):
                await self._settle(arrived)
            self._slots.release()
            await self._held.pop(arrived.stored.sequence).ack()
        del self._lanes[lane]

    async def _settle(self, arrived: Arrival) -> None:
        """Return when the message is handled or put aside."""
        started = self._clock.monotonic()
        fate = await self._handled_or_buried(arrived)
        self._tell(arrived, fate, self._clock.monotonic() - started)

    async def _handled_or_buried(self, arrived: Arrival) -> Fate:
        failures, delay = 0, self._limits.first_delay
        while True:
            try:
                await self._attempt(arrived)
                return "done"
            except NewerSchema:
                raise
            except (Rejected, Malformed, TooLarge) as error:
                return await self._bury(arrived, str(error), failures + 1)
            except (Unavailable, Unknown, TimeoutError, Contended) as error:
                _log.warning("message_waits", subject=arrived.stored.subject, seconds=delay, error=repr(error))
            except Exception as error:  # noqa: BLE001 - the one place that decides what a failed handler means
                failures += 1
                _log.exception("message_failed", subject=arrived.stored.subject, attempt=failures)
                if failures >= self._limits.attempts:
                    return await self._bury(arrived, repr(error), failures)
            self._tell(arrived, "retried")
            await self._clock.sleep(delay)
            delay = min(delay * 2, self._limits.longest_delay)

    async def _bury(self, arrived: Arrival, reason: str, attempts: int) -> Fate:
        await bury(arrived, reason, attempts, self._store, self._clock)
        return "dead"

    def _tell(self, arrived: Arrival, fate: Fate, seconds: float = 0.0) -> None:
        self._routes.settled(address_of(arrived.parsed, self._routes.due), fate, seconds)

    async def _attempt(self, arrived: Arrival) -> None:
        if self._suspects is None:
            await self._handle(arrived)
            return
        async with self._suspects.handling(arrived.stored) as ended:
            if ended >= ENDINGS:
                raise Rejected(f"{ended} processes in a row ended while they handled it")
            await self._handle(arrived)

    async def _handle(self, arrived: Arrival) -> None:
        started = self._clock.monotonic()
        if arrived.parsed is None:
            raise Malformed(f"not a subject of Fairlead: {arrived.stored.subject}")
        try:
            if not await self._route(arrived, arrived.parsed):
                _log.warning("message_unrouted", subject=arrived.stored.subject)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise Abandoned(Abandoned.__doc__) from error
        seconds = round(self._clock.monotonic() - started, 4)
        _log.info("message_handled", subject=arrived.stored.subject, seconds=seconds)

    async def _route(self, arrived: Arrival, parsed: Parsed) -> bool:
        """Call the handler; false where there is none, as after a release that listens to less."""
        if parsed.kind == "due":
            woken = self._routes.due.get(parsed.noun)
            if woken is not None:
                await woken(Due(parsed.key, parsed.name, parsed.generation, arrived.stored.at, arrived.id))
            return woken is not None
        handler = self._handlers.get(parsed.address)
        if handler is not None:
            message = received(arrived.stored, parsed)
            with trace.resumed(message.traceparent):
                await handler(message)
        return handler is not None

    async def _keep(self) -> None:
        """Tell the server that what is in hand is being worked on, however long that takes."""
        while True:
            await self._clock.sleep(_KEEP_SECONDS)
            for delivery in tuple(self._held.values()):
                await delivery.progress()
