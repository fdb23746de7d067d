"""Which objects must go because what they belong to went: dependents without an owner, the contents of a dying
namespace?
"""

from sandbox.objects.json import Object, items, text
from sandbox.objects.kinds import NAMESPACE
from sandbox.state.deletion import FOREGROUND
from sandbox.state.store import Ref, Store, owners_of


def abandoned(store: Store, uid: str) -> list[Ref]:
    """The dependents of an owner that is gone which have no other owner left."""
    return [ref for ref in store.owned_by(uid) if _is_abandoned(store, store.get(ref))]


def is_unowned(store: Store, value: Object) -> bool:
    """Names owners, none of which exists."""
    return bool(owners_of(value)) and _is_abandoned(store, value)


def _is_abandoned(store: Store, value: Object | None) -> bool:
    return value is not None and not any(store.where(owner) for owner in owners_of(value))


def blocked_by(store: Store, owner: Object) -> list[Ref]:
    """What an owner that is deleted in the foreground still waits for."""
    uid = text(owner, "metadata", "uid")
    return [ref for ref in store.owned_by(uid) if _blocks(store.get(ref), uid)]


def _blocks(dependent: Object | None, uid: str) -> bool:
    owners = items(dependent or {}, "metadata", "ownerReferences")
    return any(owner.get("uid") == uid and owner.get("blockOwnerDeletion") for owner in owners)


def is_foreground(value: Object) -> bool:
    return FOREGROUND in items(value, "metadata", "finalizers")


def contents(store: Store, namespace: str) -> list[Ref]:
    return [ref for ref, _ in store.everything() if ref.namespace == namespace and ref.resource != NAMESPACE.resource]
