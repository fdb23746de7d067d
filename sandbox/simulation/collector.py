"""Who deletes what nobody owns any more? The garbage collector and the namespace controller: they only delete."""

from contextlib import suppress

from sandbox.objects.json import Object, items, text
from sandbox.objects.kinds import NAMESPACE
from sandbox.objects.ownership import Author
from sandbox.objects.refusals import Refused
from sandbox.simulation import garbage
from sandbox.simulation.step import is_dying, uid_of
from sandbox.state.cluster import Cluster, Intent
from sandbox.state.deletion import ORPHANS, Deletion, released
from sandbox.state.store import Ref

COLLECTOR = Intent(Author(name="kube-controller-manager"))


class Collector:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._store = cluster.store

    def collect(self, ref: Ref, value: Object) -> bool:
        """Whether there was something to collect; the object needs no other controller's look then."""
        if is_dying(value) and ORPHANS in items(value, "metadata", "finalizers"):
            self._cluster.release(uid_of(value), COLLECTOR)
            self._let_go(ref, value)
            return True
        if is_dying(value) and garbage.is_foreground(value):
            self._empty_owner(ref, value)
            return True
        if is_dying(value) and ref.resource == NAMESPACE.resource:
            self._empty_namespace(ref.name)
            return True
        if is_dying(value) or not garbage.is_unowned(self._store, value):
            return False
        self.delete(ref, value, "Background")
        return True

    def delete(self, ref: Ref, value: Object, propagation: str, grace_seconds: int | None = None) -> None:
        """Just this object: one that was replaced under the same name is left alone."""
        kind = self._cluster.catalogue.named(ref.resource)
        if kind is None:
            self._store.remove(ref)
            return
        options = Deletion(uid=uid_of(value), propagation=propagation, grace_seconds=grace_seconds)
        with suppress(Refused):
            self._cluster.delete(kind, ref, options)

    def _empty_owner(self, ref: Ref, owner: Object) -> None:
        self._delete_all(garbage.blocked_by(self._store, owner), "Foreground")
        if not garbage.blocked_by(self._store, owner):
            self._let_go(ref, owner)

    def _let_go(self, ref: Ref, owner: Object) -> None:
        kind = self._cluster.catalogue.named(ref.resource)
        if kind is not None:
            self._cluster.replace(kind, released(owner), COLLECTOR)

    def _empty_namespace(self, name: str) -> None:
        self._delete_all(garbage.contents(self._store, name), "Background")
        if not garbage.contents(self._store, name):
            self._store.remove(Ref(NAMESPACE.resource, "", name))

    def _delete_all(self, refs: list[Ref], propagation: str) -> None:
        for ref in refs:
            value = self._store.get(ref)
            if value is not None and not is_dying(value):
                self.delete(ref, value, propagation)

    def heirs(self, gone: Object) -> list[Ref]:
        """What to look at again now that this object is gone: dependents, waiting owners, its dying namespace."""
        owners = gone["metadata"].get("ownerReferences") or ()
        waiting = [ref for owner in owners if (ref := self._store.where(owner.get("uid", ""))) is not None]
        namespace = text(gone, "metadata", "namespace")
        home = [Ref(NAMESPACE.resource, "", namespace)] if namespace else []
        return [*garbage.abandoned(self._store, uid_of(gone)), *waiting, *home]
