"""Who is known and who is there: agents by registration and by connection."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime

from libs.api.view import AgentView
from libs.auth import clients
from libs.durable.ports import Store
from libs.link.connections import Connection, connected
from libs.runtime.clock import Clock

FRESH_SECONDS = 1.0
"""For how long a start believes what another one read: listing a bucket costs more than all else about a start."""

Names = frozenset[str]


class Directory:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._registered = _Recent(self._read_registered, clock)
        self._connected = _Recent(self._read_connected, clock)

    async def registered(self, tenant: str, wanted: Names) -> Names:
        """Who is registered. That one of `wanted` is missing is never said from memory."""
        return await self._registered.names(tenant, wanted)

    async def connected(self, tenant: str) -> Names:
        """Who is there, or was a moment ago."""
        return await self._connected.names(tenant)

    async def agents(self, tenant: str) -> tuple[AgentView, ...]:
        return describe(await self._read_registered(tenant), await connected(self._store, tenant))

    async def _read_registered(self, tenant: str) -> Names:
        return frozenset(await clients.agents(self._store, tenant))

    async def _read_connected(self, tenant: str) -> Names:
        return frozenset(stream.agent for stream in await connected(self._store, tenant))


class _Recent:
    """What was read last of each tenant, by one task for all that ask meanwhile."""

    def __init__(self, read: Callable[[str], Awaitable[Names]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._known: dict[str, tuple[Names, float]] = {}
        self._reading = asyncio.Lock()

    async def names(self, tenant: str, wanted: Names = frozenset()) -> Names:
        if (known := self._fresh(tenant)) is not None and wanted <= known:
            return known
        async with self._reading:
            if (known := self._fresh(tenant)) is None or not wanted <= known:
                at = self._clock.monotonic()
                known = await self._read(tenant)
                self._known[tenant] = known, at
            return known

    def _fresh(self, tenant: str) -> Names | None:
        names, at = self._known.get(tenant, (None, 0.0))
        return names if self._clock.monotonic() - at < FRESH_SECONDS else None


def describe(registered: Iterable[str], streams: Sequence[Connection]) -> tuple[AgentView, ...]:
    """Every registered agent by name, with what is connected of it."""
    by_name: defaultdict[str, list[Connection]] = defaultdict(list)
    for stream in streams:
        by_name[stream.agent].append(stream)
    return tuple(_shown(name, by_name[name]) for name in sorted(registered))


def _shown(name: str, streams: Sequence[Connection]) -> AgentView:
    if not streams:
        return AgentView(name=name, connected=False)
    first = min(streams, key=lambda stream: stream.since)
    since = datetime.fromisoformat(first.since)
    return AgentView(name=name, connected=True, since=since, version=first.version, connections=len(streams))
