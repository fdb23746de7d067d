"""Who is known and who is there: agents by registration and by connection."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from libs.api.view import AgentView
from libs.auth import clients
from libs.durable.ports import Store
from libs.link.connections import Connection, connected


class Directory:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def registered(self, tenant: str) -> frozenset[str]:
        return frozenset(await clients.agents(self._store, tenant))

    async def connected(self, tenant: str) -> frozenset[str]:
        return frozenset(stream.agent for stream in await connected(self._store, tenant))

    async def agents(self, tenant: str) -> tuple[AgentView, ...]:
        return describe(await self.registered(tenant), await connected(self._store, tenant))


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
