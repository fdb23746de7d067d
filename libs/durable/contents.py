"""What records name by digest because it is too large for them: each blob is read once while it is in use."""

from collections import OrderedDict
from typing import Generic, TypeVar

import msgspec

from libs.durable.ports import Store

KEPT = 64
"""At hand where nothing else is said."""

Content = TypeVar("Content")


class Missing(Exception):
    """What a record names is not there."""


class Contents(Generic[Content]):
    """Blobs of one type, decoded, the last ones at hand: what a digest names never changes."""

    def __init__(self, store: Store, type_: type[Content], kept: int = KEPT) -> None:
        self._store = store
        self._type = type_
        self._most = kept
        self._kept: OrderedDict[str, Content] = OrderedDict()

    async def read(self, digest: str) -> Content:
        """Raises `Missing`, which only a backup can mend."""
        if digest not in self._kept:
            self._hold(digest, await self._text(digest))
        self._kept.move_to_end(digest)
        return self._kept[digest]

    async def keep(self, content: Content) -> str:
        """Its digest. What is held from now on is what another process would read back."""
        text = msgspec.json.encode(content)
        digest = await self._store.save(text)
        self._hold(digest, text)
        return digest

    async def _text(self, digest: str) -> bytes:
        try:
            return await self._store.read(digest)
        except KeyError:
            raise Missing(f"blob {digest} is not in the object store: restore it from a backup") from None

    def _hold(self, digest: str, text: bytes) -> None:
        try:
            self._kept[digest] = msgspec.json.decode(text, type=self._type)
        except msgspec.MsgspecError as error:
            raise Missing(f"blob {digest} does not hold {self._type.__name__}: {error}") from None
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
