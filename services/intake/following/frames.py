"""Following one deployment: what it was, every fact once and in order from any place in its history, and its end."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from libs.api.stream import Frame
from libs.api.view import DeploymentView, EventView
from libs.durable.ports import Store
from libs.messages.deployment import DeploymentCancelled, DeploymentFailed, DeploymentSucceeded
from libs.messages.live import LiveTarget
from libs.messages.subject import Key, message_subject
from services.intake.following.feed import Fact, Feed, Heard, Listener, events_of, fact_of
from services.intake.showing.measured import analysing, with_measured
from services.intake.showing.records import Records
from services.intake.showing.view import build

TERMINAL = frozenset(message.address for message in (DeploymentSucceeded, DeploymentFailed, DeploymentCancelled))
HEARTBEAT_SECONDS = 10.0
MOST_REPLAYED = 2000
"""Who is further behind starts again with a snapshot."""
_SETTLE_SECONDS = 0.1
"""Facts come in bursts: the view is sent once a burst is over."""
_BURST = 100


class Beat(Struct, frozen=True):
    """Nothing happened, but the stream lives."""


class Following:
    def __init__(self, store: Store, records: Records, feed: Feed) -> None:
        self._store = store
        self._records = records
        self._feed = feed

    async def view(self, key: Key) -> DeploymentView | None:
        found = await self._records.seen(key)
        if found is None:
            return None
        seen, submission = found
        view = build(replace(seen, live=self._feed.live(key.tenant, key.deployment)))
        runs = await self._records.analyses(key, analysing(view))
        return replace(
            with_measured(view, runs),
            description=submission.description,
            context=submission.context,
            source_control=submission.source_control,
            redeploys=submission.redeploys,
            behind=submission.behind,
        )

    async def frames(self, key: Key, last_id: str) -> AsyncIterator[Frame | Beat]:
        """Ends after the deployment's end, or when the reader is too slow: it can go on from its last id."""
        with self._feed.listen(key.tenant, key.deployment) as listener:
            missed = await self._missed(key, last_id)
            if missed is not None:
                after = int(last_id)
            else:
                if last_id:
                    yield Frame("reset")
                # The place first: what is said while the records are read is then told again, never left out.
                after = await self._records.last_event(key)
                yield Frame("snapshot", msgspec.json.encode(await self.view(key)), str(after))
                missed = await self._history(key, after)
            progress = _Progress(after, is_over=await self.is_over(key, str(after)))
            for fact in missed:
                yield progress.tell(fact)
            if missed:
                yield await self._shown(key)
            async for frame in self._go_on(key, progress, listener):
                yield frame

    async def is_over(self, key: Key, last_id: str) -> bool:
        """Whether who knows everything up to `last_id` has heard the end."""
        ends = [await self._store.last(message_subject(address, key)) for address in TERMINAL]
        return _is_place(last_id) and any(end.sequence <= int(last_id) for end in ends if end)

    async def _missed(self, key: Key, last_id: str) -> list[Fact] | None:
        """What was said since; None where that place is not known, or too long ago."""
        if not _is_place(last_id) or int(last_id) > await self._records.last_event(key):
            return None
        missed = await self._history(key, int(last_id))
        return missed if len(missed) <= MOST_REPLAYED else None

    async def _history(self, key: Key, after: int) -> list[Fact]:
        found = []
        async for stored in self._store.history([events_of(key)], after):
            if fact := fact_of(stored):
                found.append(fact)
            if len(found) > MOST_REPLAYED:
                break
        return found

    async def _go_on(self, key: Key, progress: "_Progress", listener: Listener) -> AsyncIterator[Frame | Beat]:
        while not progress.is_over and not listener.is_lost:
            known = progress.place
            async for heard in self._burst(listener):
                if isinstance(heard, LiveTarget):
                    yield Frame("live", msgspec.json.encode(heard))
                elif isinstance(heard, Beat):
                    yield heard
                elif heard.sequence > progress.place:
                    yield progress.tell(heard)
            if progress.place > known:
                yield await self._shown(key)
        if progress.is_over:
            yield Frame("end")

    async def _burst(self, listener: Listener) -> AsyncIterator[Heard | Beat]:
        """What is heard until it is quiet for a moment; a beat where it is quiet for long."""
        patience = HEARTBEAT_SECONDS
        for _ in range(_BURST):
            try:
                async with asyncio.timeout(patience):
                    heard = await listener.next()
            except TimeoutError:
                if patience == HEARTBEAT_SECONDS:
                    yield Beat()
                return
            yield heard
            patience = _SETTLE_SECONDS

    async def _shown(self, key: Key) -> Frame:
        return Frame("view", msgspec.json.encode(await self.view(key)))


class _Progress:
    """How far one client is."""

    def __init__(self, place: int, *, is_over: bool) -> None:
        self.place = place
        self.is_over = is_over

    def tell(self, fact: Fact) -> Frame:
        self.place = fact.sequence
        self.is_over = self.is_over or fact.envelope.type in TERMINAL
        envelope = fact.envelope
        shown = EventView(type=envelope.type, at=envelope.at, data=msgspec.json.decode(envelope.data))
        return Frame("event", msgspec.json.encode(shown), str(fact.sequence))


def _is_place(last_id: str) -> bool:
    return last_id.isascii() and last_id.isdecimal() and len(last_id) <= 19
