"""How are changes told as they happen? Each watcher has a bounded queue; one that reads too slowly is cut off."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable

import msgspec
from msgspec import Struct

from libs.runtime.clock import Clock
from sandbox.api.call import Call
from sandbox.api.reading import matcher, partial, revision_asked, seconds_asked, wants_metadata, wants_table
from sandbox.api.wire import Request
from sandbox.discovery import tables
from sandbox.objects.json import Object, placed
from sandbox.objects.kinds import Kind
from sandbox.objects.refusals import expired
from sandbox.objects.selectors import Matches
from sandbox.state.store import Change, Event, Store

QUEUE = 4096
BOOKMARK_SECONDS = 10.0
LONGEST_SECONDS = 3600.0
FIRST_EVENTS_END = "k8s.io/initial-events-end"

Form = Callable[[Object, bytes], bytes]


class Watcher(Struct, eq=False):
    """One open watch: what it wants to hear, and what it has not been sent yet."""

    kind: Kind
    namespace: str
    holds: Matches
    form: Form
    over_at: float
    bookmark_at: float
    waiting: deque[bytes] = msgspec.field(default_factory=deque)
    woken: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    is_over: bool = False
    wants_bookmark: bool = False

    def offer(self, event: Event) -> None:
        if self.namespace and event.ref.namespace != self.namespace:
            return
        change = _seen(event, self.holds)
        if change is None:
            return
        if len(self.waiting) >= QUEUE:
            self.end()
        self.waiting.append(frame(change, self._told(event, change)))
        self.woken.set()

    def _told(self, event: Event, change: Change) -> bytes:
        """What leaves the sight of a watcher is told as it last saw it, at the version of its leaving."""
        if change is not Change.DELETED or event.change is Change.DELETED or event.previous is None:
            return self.form(event.value, event.encoded)
        version = event.value["metadata"]["resourceVersion"]
        last = placed(event.previous, ("metadata", "resourceVersion"), version)
        return self.form(last, msgspec.json.encode(last))

    def tick(self, now: float) -> None:
        """End when the time is over; remind of a bookmark when one is due."""
        if now >= self.over_at:
            self.end()
        elif now >= self.bookmark_at:
            self.bookmark_at = now + BOOKMARK_SECONDS
            self.wants_bookmark = True
            self.woken.set()

    def next_at(self) -> float:
        return min(self.over_at, self.bookmark_at)

    def end(self) -> None:
        self.is_over = True
        self.woken.set()


def _seen(event: Event, holds: Matches) -> Change | None:
    """How a change looks to someone who only sees what the selectors match."""
    before = event.previous is not None and holds(event.previous)
    after = event.change is not Change.DELETED and holds(event.value)
    if before and after:
        return Change.MODIFIED
    if after:
        return Change.ADDED
    return Change.DELETED if before else None


def frame(change: str, encoded: bytes) -> bytes:
    return b'{"type":"%s","object":%s}\n' % (change.encode(), encoded)


class Watches:
    """All open watches. `drop` and `expire` are what faults do to them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # By their coming: a set would tell them in the order of their addresses.
        self._watchers: dict[str, dict[Watcher, None]] = {}
        self._opened = asyncio.Event()
        store.listen(self._heard)

    def drop(self, resource: str = "") -> int:
        """End the open watches, of one resource or of all."""
        watchers = [w for name, found in self._watchers.items() for w in found if resource in {"", name}]
        for watcher in watchers:
            watcher.end()
        return len(watchers)

    def _heard(self, event: Event) -> None:
        for watcher in tuple(self._watchers.get(event.ref.resource, ())):
            watcher.offer(event)

    async def run(self) -> None:
        """Keep the time of all watches; never returns, cancel it to stop."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._opened.clear()
                alarm = self._alarm(tasks)
                await self._opened.wait()
                if alarm is not None:
                    alarm.cancel()

    def _alarm(self, tasks: asyncio.TaskGroup) -> asyncio.Task[None] | None:
        """One timer for the watch that is due first; a watch that is opened sets it anew."""
        now = self._clock.monotonic()
        open_now = [watcher for found in self._watchers.values() for watcher in found]
        for watcher in open_now:
            watcher.tick(now)
        due = [watcher.next_at() for watcher in open_now if not watcher.is_over]
        return tasks.create_task(self._ring(min(due) - now)) if due else None

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(max(0.0, seconds))
        self._opened.set()

    def follow(self, call: Call, request: Request) -> AsyncGenerator[bytes]:
        """The frames of one watch, until its time is over or it is cut; what is wrongly asked is refused before."""
        return self._followed(call, request, self._watcher(call, request), revision_asked(request))

    async def _followed(
        self, call: Call, request: Request, watcher: Watcher, revision: int | None
    ) -> AsyncGenerator[bytes]:
        if revision is not None and revision < self._store.oldest(call.kind.resource):
            yield self._too_old(call, revision)
            return
        self._begin(watcher, request, revision)
        watchers = self._watchers.setdefault(call.kind.resource, {})
        watchers[watcher] = None
        self._opened.set()
        try:
            async for chunk in self._frames(watcher):
                yield chunk
        finally:
            watchers.pop(watcher, None)

    def _watcher(self, call: Call, request: Request) -> Watcher:
        now = self._clock.monotonic()
        return Watcher(
            kind=call.kind,
            namespace=call.namespace,
            holds=matcher(request, call.name),
            form=self._form(call, request),
            over_at=now + min(seconds_asked(request) or LONGEST_SECONDS, LONGEST_SECONDS),
            bookmark_at=now + BOOKMARK_SECONDS if request.flag("allowWatchBookmarks") else float("inf"),
        )

    def _too_old(self, call: Call, revision: int) -> bytes:
        status = expired(f"too old resource version: {revision} ({self._store.oldest(call.kind.resource)})").status()
        return frame("ERROR", msgspec.json.encode(status))

    def _begin(self, watcher: Watcher, request: Request, revision: int | None) -> None:
        """What is there already, or what happened since the revision that the watcher knows."""
        streams_list = request.flag("sendInitialEvents")
        if revision is None or streams_list:
            for record in self._store.records(watcher.kind.resource, watcher.namespace):
                if watcher.holds(record.value):
                    watcher.waiting.append(frame(Change.ADDED, watcher.form(record.value, record.encoded)))
        else:
            for event in self._store.since(watcher.kind.resource, revision):
                watcher.offer(event)
        if streams_list:
            watcher.waiting.append(self._bookmark(watcher, {FIRST_EVENTS_END: "true"}))

    def _bookmark(self, watcher: Watcher, annotations: Object) -> bytes:
        metadata: Object = {"resourceVersion": str(self._store.revision), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        value = {"kind": watcher.kind.name, "apiVersion": watcher.kind.api_version, "metadata": metadata}
        return frame("BOOKMARK", watcher.form(value, msgspec.json.encode(value)))

    async def _frames(self, watcher: Watcher) -> AsyncGenerator[bytes]:
        while not watcher.is_over:
            watcher.woken.clear()
            if watcher.waiting:
                chunk = b"".join(watcher.waiting)
                watcher.waiting.clear()
                yield chunk
            if watcher.wants_bookmark and not watcher.waiting:
                watcher.wants_bookmark = False
                yield self._bookmark(watcher, {})
            if not watcher.waiting:
                await watcher.woken.wait()

    def _form(self, call: Call, request: Request) -> Form:
        if wants_table(request):
            shown = tables.Shown("Metadata", call.served.columns)
            return lambda value, _: msgspec.json.encode(tables.table(call.kind, [value], self._clock.now(), shown))
        if wants_metadata(request):
            return lambda value, _: msgspec.json.encode(partial(value))
        return lambda _, encoded: encoded
