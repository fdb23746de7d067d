"""One subscription to the stream for the whole process, handed on to whoever follows a deployment."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec
from msgspec import Struct

from libs.durable.ports import Bus, Packet, Stored
from libs.messages.codec import Malformed, decode_envelope
from libs.messages.live import LiveTarget
from libs.messages.message import Envelope
from libs.messages.subject import Key, live_subject, message_filter, parse, state_filter
from libs.runtime import log

EVENTS = message_filter("evt.*.*")
EVERY_LIVE = live_subject(Key("*", 0, "*"))
MOST_UNREAD = 1000
MOST_SEEN = 300
"""Of how many deployments the pods last seen are remembered."""


def events_of(key: Key) -> str:
    """A wildcard over everything said about one deployment."""
    return message_filter("evt.*.*", key.partition, key.deployment, key.tenant)


_live = msgspec.json.Decoder(LiveTarget)


class Fact(Struct, frozen=True):
    """One event of a deployment, and its place in the stream."""

    sequence: int
    envelope: Envelope


Heard = Fact | LiveTarget


class Listener:
    """What one client has not read yet. One that falls too far behind is cut off: it can go on from where it was."""

    def __init__(self) -> None:
        self._unread: asyncio.Queue[Heard] = asyncio.Queue(MOST_UNREAD)
        self.is_lost = False

    def tell(self, heard: Heard) -> None:
        if self._unread.full():
            self.is_lost = True
        elif not self.is_lost:
            self._unread.put_nowait(heard)

    async def next(self) -> Heard:
        return await self._unread.get()

    async def next_fact(self) -> Fact:
        while not isinstance(heard := await self.next(), Fact):
            pass
        return heard


class Feed:
    def __init__(self, bus: Bus, on_record: Callable[[Stored], None]) -> None:
        self._bus = bus
        self._on_record = on_record
        self._listeners: defaultdict[tuple[str, str], set[Listener]] = defaultdict(set)
        self._seen: OrderedDict[tuple[str, str], dict[str, LiveTarget]] = OrderedDict()

    async def run(self, after: int) -> None:
        """Hand on everything that comes after this sequence, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(after), name="feed")
            group.create_task(self._watch(), name="live feed")

    @contextmanager
    def listen(self, tenant: str, deployment: str) -> Iterator[Listener]:
        place, listener = (tenant, deployment), Listener()
        self._listeners[place].add(listener)
        try:
            yield listener
        finally:
            self._listeners[place].discard(listener)
            if not self._listeners[place]:
                del self._listeners[place]

    def live(self, tenant: str, deployment: str) -> Mapping[str, LiveTarget]:
        """What was last seen of each target's pods."""
        return dict(self._seen.get((tenant, deployment), {}))

    async def _follow(self, after: int) -> None:
        records = [state_filter("submission"), state_filter("deployment")]
        async for stored in self._bus.follow([EVENTS, *records], after):
            if parse(stored.subject).kind == "state":
                self._on_record(stored)
            else:
                self._hand_on(stored)

    def _hand_on(self, stored: Stored) -> None:
        key = parse(stored.subject).key
        listeners = self._listeners.get((key.tenant, key.deployment), ())
        if not listeners:
            return
        if fact := fact_of(stored):
            for listener in tuple(listeners):
                listener.tell(fact)

    async def _watch(self) -> None:
        async with self._bus.subscribe(EVERY_LIVE) as packets:
            async for packet in packets:
                self._see(packet)

    def _see(self, packet: Packet) -> None:
        _, tenant, deployment = packet.subject.split(".")
        try:
            seen = _live.decode(packet.data)
        except msgspec.MsgspecError as error:
            log.logger().warning("live_unreadable", subject=packet.subject, error=str(error))
            return
        self._remember((tenant, deployment), seen)
        for listener in tuple(self._listeners.get((tenant, deployment), ())):
            listener.tell(seen)

    def _remember(self, place: tuple[str, str], seen: LiveTarget) -> None:
        self._seen.setdefault(place, {})[seen.target] = seen
        self._seen.move_to_end(place)
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)


def fact_of(stored: Stored) -> Fact | None:
    """None, and a line in the log, for what this release cannot read: one bad message must not stop the rest."""
    try:
        return Fact(stored.sequence, decode_envelope(stored.data))
    except Malformed as error:
        log.logger().warning("event_unreadable", subject=stored.subject, sequence=stored.sequence, error=str(error))
        return None
