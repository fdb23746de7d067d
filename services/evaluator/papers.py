"""What queries are defined as, by the digest that an analysis names; the last ones at hand."""

from collections import OrderedDict

import msgspec

from libs.durable.ports import Store
from libs.plan.model import Definitions

KEPT = 64


class Missing(Exception):
    """An analysis names definitions, or a query among them, that are not there."""


class Papers:
    """Reads each blob once while it is in use: what a digest names never changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Definitions] = OrderedDict()

    async def definitions(self, digest: str) -> Definitions:
        if digest not in self._kept:
            self._kept[digest] = await self._read(digest)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(digest)
        return self._kept[digest]

    async def _read(self, digest: str) -> Definitions:
        try:
            return msgspec.json.decode(await self._store.read(digest), type=Definitions)
        except KeyError:
            raise Missing(f"blob {digest} is not in the object store: restore it from a backup") from None
        except msgspec.MsgspecError as error:
            raise Missing(f"blob {digest} does not hold definitions: {error}") from None
