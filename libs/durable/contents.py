"""What records name by digest because it is too large for them: each blob is read once while it is in use."""

from collections import OrderedDict
from typing import Generic, TypeVar

import msgspec

from libs.durable.ports import Store

KEPT = 64

Content = TypeVar("Content")


class Missing(Exception):
    """What a record names is not there."""


class Contents(Generic[Content]):
    """Blobs of one type, decoded, the last ones at hand: what a digest names never changes."""

    def __init__(self, store: Store, type_: type[Content]) -> None:
        self._store = store
        self._type = type_
        self._kept: OrderedDict[str, Content] = OrderedDict()

    async def read(self, digest: str) -> Content:
        """Raises `Missing`, which only a backup can mend."""
        if digest not in self._kept:
            self._kept[digest] = await self._decoded(digest)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(digest)
        return self._kept[digest]

    async def _decoded(self, digest: str) -> Content:
        try:
            return msgspec.json.decode(await self._store.read(digest), type=self._type)
        except KeyError:
            raise Missing(f"blob {digest} is not in the object store: restore it from a backup") from None
        except msgspec.MsgspecError as error:
            raise Missing(f"blob {digest} does not hold {self._type.__name__}: {error}") from None
