"""How does an object leave: at once, after its grace period, after its dependents, or never while something
holds it?
"""

from datetime import datetime

from msgspec import Struct

from sandbox.objects import refusals
from sandbox.objects.json import Object, at, items, number, placed, stamp, text
from sandbox.objects.kinds import NAMESPACE, POD, Kind

FOREGROUND = "foregroundDeletion"
ORPHANS = "orphan"
_WAITS = {"Foreground": (FOREGROUND,), "Orphan": (ORPHANS,)}
"""What holds an owner until the collector has seen to its dependents."""


class Deletion(Struct, frozen=True, kw_only=True):
    """The options of one delete request."""

    propagation: str = "Background"
    uid: str = ""
    resource_version: str = ""
    grace_seconds: int | None = None
    dry_run: bool = False

    def check(self, kind: Kind, live: Object) -> None:
        pairs = (("UID", self.uid, "uid"), ("ResourceVersion", self.resource_version, "resourceVersion"))
        for noun, wanted, field in pairs:
            own = text(live, "metadata", field)
            if wanted and wanted != own:
                why = (
                    f"the {noun} in the precondition ({wanted}) does not match the {noun} in record ({own}). "
                    f"The object might have been {'deleted and then recreated' if field == 'uid' else 'modified'}"
                )
                raise refusals.unmet(kind, text(live, "metadata", "name"), why)


def marked(kind: Kind, live: Object, deletion: Deletion, now: datetime) -> Object | None:
    """The object marked as dying; itself when it is so already; None when nothing holds it back."""
    finalizers = [*items(live, "metadata", "finalizers")]
    before = len(finalizers)
    finalizers += [one for one in _WAITS.get(deletion.propagation, ()) if one not in finalizers]
    grace = _grace(kind, live, deletion)
    if not finalizers and grace == 0 and kind is not NAMESPACE:
        return None
    if at(live, "metadata", "deletionTimestamp") and (grace > 0 or (finalizers and len(finalizers) == before)):
        return live
    dying = placed(live, ("metadata", "deletionTimestamp"), stamp(now))
    dying = placed(dying, ("metadata", "deletionGracePeriodSeconds"), grace)
    if finalizers:
        dying = placed(dying, ("metadata", "finalizers"), finalizers)
    if kind.counts_generations and not at(live, "metadata", "deletionTimestamp"):
        dying = placed(dying, ("metadata", "generation"), number(live, "metadata", "generation") + 1)
    return placed(dying, ("status", "phase"), "Terminating") if kind is NAMESPACE else dying


def _grace(kind: Kind, live: Object, deletion: Deletion) -> int:
    """Only pods that run somewhere are given time."""
    ended = at(live, "status", "phase") in {"Succeeded", "Failed"}
    if kind is not POD or not at(live, "spec", "nodeName") or ended:
        return 0
    if deletion.grace_seconds is not None:
        return max(0, deletion.grace_seconds)
    return number(live, "spec", "terminationGracePeriodSeconds", default=30)


def orphaned(dependent: Object, uid: str) -> Object:
    """The dependent without that owner."""
    owners = [owner for owner in items(dependent, "metadata", "ownerReferences") if owner.get("uid") != uid]
    return placed(dependent, ("metadata", "ownerReferences"), owners or None)


def released(owner: Object) -> Object:
    """A dying owner whose dependents are gone."""
    finalizers = [name for name in items(owner, "metadata", "finalizers") if name not in {FOREGROUND, ORPHANS}]
    return placed(owner, ("metadata", "finalizers"), finalizers or None)
