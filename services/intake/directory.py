"""Who is known and who is there: agents by registration and by connection."""

from libs.api.view import AgentView
from libs.auth import clients
from libs.durable.ports import Store
from libs.link.connections import connected
from services.intake.agents import describe


class Directory:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def registered(self, tenant: str) -> frozenset[str]:
        return frozenset(await clients.agents(self._store, tenant))

    async def connected(self, tenant: str) -> frozenset[str]:
        return frozenset(stream.agent for stream in await connected(self._store, tenant))

    async def agents(self, tenant: str) -> tuple[AgentView, ...]:
        return describe(await self.registered(tenant), await connected(self._store, tenant))
