"""What a rollout needs that is too large for its record: manifests and snapshots, by digest, the last ones at hand."""

from libs.durable.contents import Contents
from libs.durable.ports import Store
from libs.workload.dialogue.wanted import Snapshot
from libs.workload.kinds.objects import Object

KEPT = 256
"""Of each: about as many rollouts as one process steers at once."""


class Papers:
    """Each is read once while it is in use."""

    def __init__(self, store: Store) -> None:
        self._objects: Contents[tuple[Object, ...]] = Contents(store, tuple[Object, ...], KEPT)
        self._snapshots = Contents(store, Snapshot, KEPT)

    async def objects(self, digest: str) -> tuple[Object, ...]:
        return await self._objects.read(digest)

    async def snapshot(self, digest: str) -> Snapshot:
        return await self._snapshots.read(digest)

    async def keep(self, snapshot: Snapshot) -> str:
        """Its digest."""
        return await self._snapshots.keep(snapshot)
