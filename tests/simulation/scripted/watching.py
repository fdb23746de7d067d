"""How are changes told to who watches? As they happen, from the version that it has, until its time is over."""

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from sandbox.api.call import Call
from sandbox.api.reading import matcher, revision_asked, seconds_asked
from sandbox.api.watching import Watcher, frame
from sandbox.api.wire import Request
from sandbox.state.store import Event, Store

BOOKMARK_SECONDS = 60.0
"""As rarely as real servers do it."""


class Watches:
    """All that are open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # By their coming: a set would tell them in the order of their addresses.
        self._open: dict[str, dict[Watcher, None]] = {}
        store.listen(self._heard)

    def follow(self, call: Call, request: Request) -> AsyncGenerator[bytes, None]:
        over_at = asyncio.get_running_loop().time() + seconds_asked(request)
        watcher = Watcher(
            kind=call.kind,
            namespace=call.namespace,
            holds=matcher(request),
            form=lambda _, encoded: encoded,
            over_at=over_at,
            bookmark_at=0.0,
        )
        return self._followed(watcher, revision_asked(request) or 0)

    async def _followed(self, watcher: Watcher, revision: int) -> AsyncGenerator[bytes, None]:
        for event in self._store.since(watcher.kind.resource, revision):
            watcher.offer(event)
        among = self._open.setdefault(watcher.kind.resource, {})
        among[watcher] = None
        over = asyncio.get_running_loop().call_at(watcher.over_at, watcher.end)
        try:
            while not watcher.is_over:
                if not watcher.waiting and not await _woken(watcher):
                    yield _bookmark(self._store, watcher)
                while watcher.waiting:
                    yield watcher.waiting.popleft()
        finally:
            over.cancel()
            among.pop(watcher, None)

    def _heard(self, event: Event) -> None:
        for watcher in tuple(self._open.get(event.ref.resource, ())):
            watcher.offer(event)


async def _woken(watcher: Watcher) -> bool:
    """Whether there is something to tell before a bookmark is due."""
    watcher.woken.clear()
    reminder = asyncio.get_running_loop().call_later(BOOKMARK_SECONDS, watcher.woken.set)
    await watcher.woken.wait()
    reminder.cancel()
    return bool(watcher.waiting) or watcher.is_over


def _bookmark(store: Store, watcher: Watcher) -> bytes:
    metadata = {"resourceVersion": str(store.revision), "creationTimestamp": None}
    value = {"kind": watcher.kind.name, "apiVersion": watcher.kind.api_version, "metadata": metadata}
    return frame("BOOKMARK", msgspec.json.encode(value))
