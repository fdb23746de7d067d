"""What a rollout needs that is too large for its record: manifests and snapshots, by digest, the last ones at hand."""

from collections import OrderedDict

import msgspec

from libs.durable.ports import Store
from libs.workload.dialogue.wanted import Snapshot
from libs.workload.kinds.objects import Object

KEPT = 256


class Missing(Exception):
    """A record names a blob that is not in the object store."""


class Papers:
    """Reads each blob once while it is in use: what a digest names never changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._objects: OrderedDict[str, tuple[Object, ...]] = OrderedDict()
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()

    async def objects(self, digest: str) -> tuple[Object, ...]:
        if digest not in self._objects:
            self._objects[digest] = msgspec.json.decode(await self._read(digest), type=tuple[Object, ...])
            _trim(self._objects)
        return self._objects[digest]

    async def snapshot(self, digest: str) -> Snapshot:
        if digest not in self._snapshots:
            self._hold(digest, await self._read(digest))
        return self._snapshots[digest]

    async def keep(self, snapshot: Snapshot) -> str:
        """Its digest. What is held from now on is what another process would read back."""
        text = msgspec.json.encode(snapshot)
        digest = await self._store.save(text)
        self._hold(digest, text)
        return digest

    def _hold(self, digest: str, text: bytes) -> None:
        self._snapshots[digest] = msgspec.json.decode(text, type=Snapshot)
        _trim(self._snapshots)

    async def _read(self, digest: str) -> bytes:
        try:
            return await self._store.read(digest)
        except KeyError:
            raise Missing(f"blob {digest} is not in the object store: restore it from a backup") from None


def _trim(kept: OrderedDict[str, tuple[Object, ...]] | OrderedDict[str, Snapshot]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)
