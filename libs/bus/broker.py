"""What a NATS server does for us, in memory: one stream with timers and durable consumers, and core subjects.

Deterministic: it knows no time but the clock it is given, and no chance. A process runs `run`; a simulation that moves
its own clock calls `tick` at `next_at` instead.
"""

import asyncio
import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from libs.bus.exchange import Exchange
from libs.bus.filter import matches_any, require_apart
from libs.durable.ports import Conflict, Stored, Write
from libs.runtime.clock import Clock

DUPLICATE_WINDOW = timedelta(minutes=10)
ACK_WAIT = timedelta(seconds=30)
MAX_UNACKNOWLEDGED = 256


class Moment(Struct, frozen=True, order=True):
    """When to look at what may have come: a timer, or an acknowledgement that has not."""

    at: datetime
    sequence: int
    subject: str = ""
    fires_as: str = ""


class Kept(Struct, frozen=True):
    """A value of a bucket, until it expires."""

    value: bytes
    revision: int
    expires_at: datetime | None


class Consumer(Struct):
    """A durable consumer: how far it has looked and delivered, and what of that is not acknowledged yet."""

    filters: Sequence[str]
    delivered: int = 0
    unacknowledged: dict[int, datetime] = {}
    """Until when each is its puller's; from then on it is delivered again."""

    @property
    def floor(self) -> int:
        return min(self.unacknowledged, default=self.delivered + 1) - 1

    def reset(self) -> None:
        self.delivered = self.floor
        self.unacknowledged.clear()


class Broker:
    """One server, shared by everyone who is connected to it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.consumers: dict[str, Consumer] = {}
        self.buckets: dict[str, dict[str, Kept]] = {}
        self.blobs: dict[str, bytes] = {}
        self.exchange = Exchange()
        self.revision = 0
        self._log: list[Stored | None] = []
        self._last: dict[str, int] = {}
        self._ids: dict[str, datetime] = {}
        self._agenda: list[Moment] = []
        self._armed: dict[str, Moment] = {}
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def last_sequence(self) -> int:
        return len(self._log)

    def last(self, subject: str) -> Stored | None:
        sequence = self._last.get(subject)
        return self._log[sequence - 1] if sequence else None

    def lasts(self, filters: Sequence[str]) -> list[Stored]:
        require_apart(filters)
        found = (self._log[sequence - 1] for subject, sequence in self._last.items() if matches_any(filters, subject))
        return sorted((stored for stored in found if stored), key=lambda stored: stored.sequence)

    def stored(self, filters: Sequence[str], after: int) -> Iterator[Stored]:
        """What matches above `after`, as the stream grows."""
        require_apart(filters)
        filters, position = tuple(filters), after
        while position < len(self._log):
            stored = self._log[position]
            position += 1
            if stored is not None and matches_any(filters, stored.subject):
                yield stored

    def commit(self, batch: Sequence[Write]) -> int:
        self._check(batch)
        for write in batch:
            self._store(write)
        self.stir()
        return len(self._log)

    def pull(self, consumer: Consumer) -> Stored | None:
        """The next message for whoever pulls: one whose time for acknowledgement is over, else a new one."""
        stored = self._lapsed(consumer) or self._fresh(consumer)
        if stored is not None:
            self.hold(consumer, stored.sequence)
        return stored

    def hold(self, consumer: Consumer, sequence: int) -> None:
        """Deliver it to nobody else for as long as an acknowledgement may take."""
        moment = Moment(self.clock.now() + ACK_WAIT, sequence)
        consumer.unacknowledged[sequence] = moment.at
        heapq.heappush(self._agenda, moment)
        if self._agenda[0] is moment:
            self.stir()  # so that `run` wakes earlier

    def live(self, bucket: str, key: str) -> Kept | None:
        kept = self.buckets.setdefault(bucket, {}).get(key)
        if kept is not None and kept.expires_at is not None and kept.expires_at <= self.clock.now():
            del self.buckets[bucket][key]
            return None
        return kept

    def next_at(self) -> datetime | None:
        """When `tick` may have something to do."""
        return self._agenda[0].at if self._agenda else None

    def tick(self) -> None:
        """Fire every timer whose instant has come, and let pullers see whose acknowledgement is overdue."""
        now = self.clock.now()
        while self._agenda and self._agenda[0].at <= now:
            moment = heapq.heappop(self._agenda)
            armed = self.last(moment.subject)
            if armed is not None and self._armed.get(moment.subject) == moment:
                self._purge(moment.subject)
                self._append(moment.fires_as, armed.data, "")
        self.stir()

    async def run(self) -> None:
        """Tick whenever it is time, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                at = self.next_at()
                alarm = group.create_task(self._alarm(at)) if at else None
                await self.changed()
                if alarm:
                    alarm.cancel()

    def stir(self) -> None:
        """Wake everybody who waits in `changed`."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def changed(self) -> None:
        """Wait until something is stored or due."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def _check(self, batch: Sequence[Write]) -> None:
        ids = [write.id for write in batch if write.id]
        horizon = self.clock.now() - DUPLICATE_WINDOW
        if len(set(ids)) < len(ids) or any(self._ids.get(id_, horizon) > horizon for id_ in ids):
            raise Conflict("its id was seen before")
        written: set[str] = set()
        for write in batch:
            last = self._last.get(write.subject, 0)
            if write.expected is not None and (write.subject in written or last != write.expected):
                raise Conflict(f"wrong last sequence: {last}")
            written.add(write.subject)

    def _store(self, write: Write) -> None:
        if write.fires_at is not None:
            self._purge(write.subject)  # a timer's subject holds one message: the one that is armed
        self._append(write.subject, write.data, write.id)
        if write.cancels:
            self._purge(write.cancels)
        if write.fires_at is not None:
            moment = Moment(write.fires_at, len(self._log), write.subject, write.fires_as)
            self._armed[write.subject] = moment
            heapq.heappush(self._agenda, moment)

    def _append(self, subject: str, data: bytes, id_: str) -> None:
        now = self.clock.now()
        if id_:
            self._ids[id_] = now
        self._log.append(Stored(subject, len(self._log) + 1, now, data, id_))
        self._last[subject] = len(self._log)

    def _purge(self, subject: str) -> None:
        """Remove a timer, armed or not."""
        sequence = self._last.pop(subject, None)
        if sequence is not None:
            self._log[sequence - 1] = None
        self._armed.pop(subject, None)

    def _lapsed(self, consumer: Consumer) -> Stored | None:
        if not consumer.unacknowledged:
            return None
        now = self.clock.now()
        late = [sequence for sequence, until in consumer.unacknowledged.items() if until <= now]
        return self._log[min(late) - 1] if late else None

    def _fresh(self, consumer: Consumer) -> Stored | None:
        while consumer.delivered < len(self._log) and len(consumer.unacknowledged) < MAX_UNACKNOWLEDGED:
            stored = self._log[consumer.delivered]
            consumer.delivered += 1
            if stored is not None and matches_any(consumer.filters, stored.subject):
                return stored
        return None

    async def _alarm(self, at: datetime) -> None:
        await self.clock.sleep(max(0.0, (at - self.clock.now()).total_seconds()))
        self.tick()
