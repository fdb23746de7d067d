"""How does an object leave: at once, after its grace period, after its dependents, or never while something
holds it?
"""

from datetime import datetime

from msgspec import Struct

from sandbox.objects import refusals
from sandbox.objects.json import Object, at, items, number, placed, stamp, text
from sandbox.objects.kinds import NAMESPACE, POD, Kind

FOREGROUND = "foregroundDeletion"


class Deletion(Struct, frozen=True, kw_only=True):
    """The options of one delete request."""

    propagation: str = "Background"
    uid: str = ""
    resource_version: str = ""
    grace_seconds: int | None = None
    dry_run: bool = False

    @property
    def orphans(self) -> bool:
        return self.propagation == "Orphan"

    def check(self, kind: Kind, live: Object) -> None:
        pairs = (("UID", self.uid, "uid"), ("ResourceVersion", self.resource_version, "resourceVersion"))
        for noun, wanted, field in pairs:
            own = text(live, "metadata", field)
            if wanted and wanted != own:
                why = f"Precondition failed: {noun} in precondition: {wanted}, {noun} in object meta: {own}"
                raise refusals.conflict(kind, text(live, "metadata", "name"), why)


def marked(kind: Kind, live: Object, deletion: Deletion, now: datetime, *, has_dependents: bool) -> Object | None:
    """The object marked as dying; itself when it is so already; None when nothing holds it back."""
    finalizers = [*items(live, "metadata", "finalizers")]
    if deletion.propagation == "Foreground" and has_dependents and FOREGROUND not in finalizers:
        finalizers.append(FOREGROUND)
    grace = _grace(kind, live, deletion)
    if not finalizers and grace == 0 and kind is not NAMESPACE:
        return None
    if at(live, "metadata", "deletionTimestamp") and grace > 0:
        return live
    dying = placed(live, ("metadata", "deletionTimestamp"), stamp(now))
    dying = placed(dying, ("metadata", "deletionGracePeriodSeconds"), grace)
    if finalizers:
        dying = placed(dying, ("metadata", "finalizers"), finalizers)
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
    finalizers = [name for name in items(owner, "metadata", "finalizers") if name != FOREGROUND]
    return placed(owner, ("metadata", "finalizers"), finalizers or None)
