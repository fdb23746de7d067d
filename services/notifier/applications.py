"""Which application a deployment is of; the last ones at hand, for that never changes."""

from collections import OrderedDict

import msgspec
from msgspec import Struct

from libs.durable.ports import Store
from libs.durable.record import decode
from libs.messages.subject import Key, state_subject

KEPT = 4096


class _Deployment(Struct, frozen=True):
    """What is read of the record: any release's will do."""

    application: str = ""


class Applications:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[Key, str] = OrderedDict()

    async def of(self, deployment: Key) -> str:
        """Empty where nothing is kept of the deployment any more."""
        if deployment not in self._known:
            stored = await self._store.last(state_subject("deployment", deployment))
            if stored is None:
                return ""
            state = msgspec.json.decode(decode(stored.data).state, type=_Deployment)
            self._known[deployment] = state.application
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[deployment]
