"""What may a controller answer when it has looked at its object: writes to make, and when to look again."""

from msgspec import Struct

from sandbox.objects.json import Object, at, items, table, text
from sandbox.objects.kinds import Kind
from sandbox.state.store import owners_of


class Create(Struct, frozen=True):
    kind: Kind
    value: Object


class Update(Struct, frozen=True):
    kind: Kind
    value: Object
    subresource: str = ""


class Delete(Struct, frozen=True):
    kind: Kind
    value: Object
    grace_seconds: int | None = None


Write = Create | Update | Delete


class Outcome(Struct, frozen=True):
    writes: tuple[Write, ...] = ()
    wake_in: float | None = None


def uid_of(value: Object) -> str:
    return text(value, "metadata", "uid")


def name_of(value: Object) -> str:
    return text(value, "metadata", "name")


def is_dying(value: Object) -> bool:
    return at(value, "metadata", "deletionTimestamp") is not None


def controller_of(value: Object) -> Object | None:
    owners = items(value, "metadata", "ownerReferences")
    return next((owner for owner in owners if isinstance(owner, dict) and owner.get("controller")), None)


def controlled_by(owner: Kind, value: Object) -> Object:
    """The reference by which a dependent names its controller."""
    return {
        "apiVersion": owner.api_version,
        "kind": owner.name,
        "name": name_of(value),
        "uid": uid_of(value),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def adopted(owner: Kind, parent: Object, orphan: Object) -> Object:
    owners = [*items(orphan, "metadata", "ownerReferences"), controlled_by(owner, parent)]
    return {**orphan, "metadata": {**orphan["metadata"], "ownerReferences": owners}}


def is_orphan(value: Object) -> bool:
    return controller_of(value) is None and not is_dying(value)


def is_controlled(value: Object, parent: Object) -> bool:
    controller = controller_of(value)
    return controller is not None and controller.get("uid") == uid_of(parent) and uid_of(parent) in owners_of(value)


def condition(value: Object, kind: str) -> Object:
    found = (item for item in items(value, "status", "conditions") if item.get("type") == kind)
    return next(found, {})


def with_status(value: Object, **changes: object) -> Object:
    """A copy whose status has these fields; those that are None go."""
    merged = {**table(value, "status"), **changes}
    return {**value, "status": {name: item for name, item in merged.items() if item is not None}}
