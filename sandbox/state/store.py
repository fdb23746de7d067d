"""What is stored, at which revision, and what happened lately? The whole cluster in memory, with one global
revision.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import Struct

from sandbox.objects.json import Object, items, text

HISTORY = 4096
"""Events kept per resource for watches that resume; an older revision is answered with 410."""


class Change(StrEnum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


class Ref(NamedTuple):
    """Where an object lives. `namespace` is empty for cluster-wide kinds."""

    resource: str
    namespace: str
    name: str


class Event(Struct, frozen=True):
    revision: int
    change: Change
    ref: Ref
    value: Object
    encoded: bytes
    previous: Object | None


class Record(Struct, frozen=True):
    value: Object
    encoded: bytes


Listener = Callable[[Event], None]


def reference(resource: str, value: Object) -> Ref:
    return Ref(resource, text(value, "metadata", "namespace"), text(value, "metadata", "name"))


def owners_of(value: Object) -> list[str]:
    return [text(owner, "uid") for owner in items(value, "metadata", "ownerReferences") if isinstance(owner, dict)]


class Store:
    """Objects are never changed in place: a write replaces the whole, takes the next revision and tells listeners."""

    def __init__(self, history: int = HISTORY) -> None:
        self.revision = 0
        self._history = history
        self._objects: dict[str, dict[tuple[str, str], Record]] = {}
        self._events: dict[str, deque[Event]] = {}
        self._forgotten: dict[str, int] = {}
        self._started_at = 0
        self._owned: dict[str, dict[Ref, None]] = {}
        self._by_uid: dict[str, Ref] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Listeners are called in order, before the write returns; what they raise undoes nothing."""
        self._listeners.append(listener)

    def get(self, ref: Ref) -> Object | None:
        record = self.record(ref)
        return record.value if record else None

    def record(self, ref: Ref) -> Record | None:
        return self._objects.get(ref.resource, {}).get((ref.namespace, ref.name))

    def records(self, resource: str, namespace: str = "") -> Iterator[Record]:
        """In the order of namespace and name, as the real store lists them."""
        found = self._objects.get(resource, {})
        return (found[key] for key in sorted(found) if not namespace or key[0] == namespace)

    def everything(self) -> Iterator[tuple[Ref, Record]]:
        for resource, found in self._objects.items():
            yield from ((Ref(resource, *key), record) for key, record in found.items())

    def owned_by(self, uid: str) -> list[Ref]:
        return list(self._owned.get(uid, ()))

    def where(self, uid: str) -> Ref | None:
        return self._by_uid.get(uid)

    def put(self, resource: str, value: Object) -> Event:
        ref = reference(resource, value)
        previous = self.record(ref)
        revision = self.revision + 1
        value = {**value, "metadata": {**value["metadata"], "resourceVersion": str(revision)}}
        record = Record(value, msgspec.json.encode(value))
        change = Change.MODIFIED if previous else Change.ADDED
        return self._commit(Event(revision, change, ref, value, record.encoded, previous.value if previous else None))

    def remove(self, ref: Ref) -> Event:
        previous = self._objects[ref.resource][ref.namespace, ref.name].value
        revision = self.revision + 1
        value = {**previous, "metadata": {**previous["metadata"], "resourceVersion": str(revision)}}
        return self._commit(Event(revision, Change.DELETED, ref, value, msgspec.json.encode(value), previous))

    def _commit(self, event: Event) -> Event:
        self.restore(event)
        events = self._events.setdefault(event.ref.resource, deque())
        events.append(event)
        if len(events) > self._history:
            self._forgotten[event.ref.resource] = events.popleft().revision
        for listener in self._listeners:
            listener(event)
        return event

    def restore(self, event: Event) -> None:
        """Take over one event without telling anyone: how a journal is read back."""
        self.revision = event.revision
        if event.previous is not None:
            self._forget(event.ref, event.previous)
        found = self._objects.setdefault(event.ref.resource, {})
        place = (event.ref.namespace, event.ref.name)
        if event.change is Change.DELETED:
            found.pop(place, None)
        else:
            found[place] = Record(event.value, event.encoded)
            self._index(event.ref, event.value)

    def restored(self, revision: int) -> None:
        """Watches from before a restart cannot be resumed: what happened in between is not known event by event."""
        self.revision = max(self.revision, revision)
        self._started_at = self.revision

    def _index(self, ref: Ref, value: Object) -> None:
        self._by_uid[text(value, "metadata", "uid")] = ref
        for owner in owners_of(value):
            self._owned.setdefault(owner, {})[ref] = None

    def _forget(self, ref: Ref, value: Object) -> None:
        self._by_uid.pop(text(value, "metadata", "uid"), None)
        for owner in owners_of(value):
            owned = self._owned.get(owner, {})
            owned.pop(ref, None)
            if not owned:
                self._owned.pop(owner, None)

    def oldest(self, resource: str) -> int:
        """The oldest revision from which a watch of this resource can still be told everything."""
        return max(self._forgotten.get(resource, 0), self._started_at)

    def since(self, resource: str, revision: int) -> Iterable[Event]:
        return [event for event in self._events.get(resource, ()) if event.revision > revision]
