"""Which pods and ReplicaSets have no controller? Kept up to date event by event, so that nobody scans for them."""

from sandbox.objects.json import Object
from sandbox.objects.kinds import POD, REPLICA_SET, Kind
from sandbox.simulation.step import is_orphan
from sandbox.state.store import Change, Event, Ref, Store

ADOPTABLE = frozenset({POD.resource, REPLICA_SET.resource})


class Orphans:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[tuple[str, str], dict[Ref, None]] = {}
        for ref, record in store.everything():
            self._note(ref, record.value, is_gone=False)
        store.listen(self._heard)

    def of(self, kind: Kind, namespace: str) -> list[Object]:
        refs = self._found.get((kind.resource, namespace), ())
        return [value for ref in refs if (value := self._store.get(ref)) is not None]

    def _heard(self, event: Event) -> None:
        self._note(event.ref, event.value, is_gone=event.change is Change.DELETED)

    def _note(self, ref: Ref, value: Object, *, is_gone: bool) -> None:
        if ref.resource not in ADOPTABLE:
            return
        found = self._found.setdefault((ref.resource, ref.namespace), {})
        if is_gone or not is_orphan(value):
            found.pop(ref, None)
        else:
            found[ref] = None
