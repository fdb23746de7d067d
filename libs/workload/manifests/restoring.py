"""Everything that is not a Deployment goes back to what it was, and what the rollout made goes away.

The order is what a stable version needs to be whole. What pods read when they start (ConfigMaps, accounts, roles) goes
back first, beside the first pods that start again: a stable pod must find what it was made for. What leads traffic to
pods (Services, routes), and all else, goes back once the stable pods are there. What did not exist before is deleted
last, in reverse order, when no pod of the new version is left that might use it.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from libs.workload.dialogue.outlook import CLEAR, Outlook, combined
from libs.workload.dialogue.requests import apply, close, delete, read
from libs.workload.dialogue.wanted import Before, Request, Seen, Wanted
from libs.workload.kinds.naming import APPLIED, DEPLOYMENT_ID, ENVIRONMENT
from libs.workload.kinds.objects import Identity, Object, annotation, identity, is_leaving, text
from libs.workload.kinds.order import Rank, rank, ranked
from libs.workload.kinds.ownership import is_bare
from libs.workload.manifests.applying import as_read, may_be_made, plain, reselected

_KEPT = (
    ("", "Namespace"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
)
"""Never deleted: with them goes what nobody can bring back."""


def settings_restored(wanted: Wanted, seen: Seen) -> Outlook:
    """What pods read when they start."""
    return _restored((value for value in plain(wanted.objects) if rank(value) < Rank.SERVICES), wanted, seen)


def rest_restored(wanted: Wanted, seen: Seen) -> Outlook:
    return _restored((value for value in plain(wanted.objects) if rank(value) >= Rank.SERVICES), wanted, seen)


def created_removed(wanted: Wanted, seen: Seen) -> Outlook:
    """The last rank first; a rank waits until the one before it is gone."""
    new = new_of(wanted)
    for objects in reversed(ranked(plain(wanted.objects))):
        made = [value for value in objects if identity(value) in new]
        look = combined(_removed(value, wanted, seen) for value in made)
        if not look.is_settled:
            return look
    return CLEAR


def none_comes(wanted: Wanted) -> Outlook:
    """Nothing that was removed is made again by a create that comes late: it is looked for until none can come."""
    late = new_of(wanted) & wanted.late
    awaited = [value for value in plain(wanted.objects) if identity(value) in late]
    return Outlook(
        waits=tuple(f"{identity(value)} is gone, but a create without an answer may still come" for value in awaited),
        polls=tuple(read(text(value, "apiVersion"), identity(value)) for value in awaited),
    )


def new_of(wanted: Wanted) -> frozenset[Identity]:
    """What the rollout makes, and a return deletes."""
    return frozenset(one.identity for one in wanted.snapshot.objects if _is_new(one))


def _restored(values: Iterable[Object], wanted: Wanted, seen: Seen) -> Outlook:
    before = {one.identity: one for one in wanted.snapshot.objects}
    looks = []
    for value in values:
        found = before.get(identity(value))
        if found is not None and found.uid and found.applied is not None:
            looks.append(_put_back(value, found.applied, wanted, seen))
    return combined(looks)


def _put_back(value: Object, before: Object, wanted: Wanted, seen: Seen) -> Outlook:
    where = identity(value)
    reading = read(text(value, "apiVersion"), where)
    if where not in seen.objects:
        return Outlook(requests=(reading,))
    live = seen.objects[where]
    if live is None:
        return CLEAR if is_bare(before) else Outlook(requests=(_meaning(where, as_read(before, None, wanted)),))
    if is_leaving(live):
        return Outlook(waits=(f"{where} is being deleted",), polls=(reading,))
    pointed = reselected(before, live)
    if pointed is not None:
        return Outlook(requests=(pointed,))
    if annotation(live, APPLIED) == annotation(before, APPLIED):
        return Outlook(requests=(close(live),)) if may_be_made(live, wanted) else CLEAR
    return Outlook(requests=(_meaning(where, as_read(before, live, wanted)),))


def _meaning(where: Identity, before: Object) -> Request:
    """What the API keeps of a cluster-wide object names no namespace, whatever the manifest was given: the answer is
    about the manifest's object all the same."""
    return replace(apply(before), target=where)


def _is_new(before: Before) -> bool:
    return not before.uid and (before.identity.group, before.identity.kind) not in _KEPT


def _removed(value: Object, wanted: Wanted, seen: Seen) -> Outlook:
    where = identity(value)
    reading = read(text(value, "apiVersion"), where)
    if where not in seen.objects:
        return Outlook(requests=(reading,))
    live = seen.objects[where]
    if live is None or not _is_made_by_us(live, wanted):
        return CLEAR
    if is_leaving(live):
        return Outlook(waits=(f"{where} is being deleted",), polls=(reading,))
    return Outlook(requests=(delete(live, text(value, "apiVersion"), where),), polls=(reading,))


def _is_made_by_us(live: Object, wanted: Wanted) -> bool:
    """Somebody may have put another object in its place since."""
    found = annotation(live, DEPLOYMENT_ID), annotation(live, ENVIRONMENT)
    return found == (wanted.marks.deployment, wanted.marks.environment)
