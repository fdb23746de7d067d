"""What does the Deployment controller do: one ReplicaSet for each template, replaced within the allowed surge
and lack.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from sandbox.objects.json import Object, at, having, number, placed, table, text
from sandbox.objects.kinds import DEPLOYMENT, REPLICA_SET
from sandbox.objects.selectors import by_workload, labels_of
from sandbox.simulation.deployment_status import status_of
from sandbox.simulation.sizes import is_recreated, lack_of, sizes, surge_of, wanted_of
from sandbox.simulation.step import (
    Create,
    Delete,
    Outcome,
    Update,
    Write,
    adopted,
    controlled_by,
    is_controlled,
    is_dying,
    is_orphan,
    name_of,
)
from sandbox.state.cluster import SUFFIX_LETTERS

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_PASSED_DOWN = {"kubectl.kubernetes.io/last-applied-configuration", REVISION}


def step(deployment: Object, own: list[Object], orphans: list[Object], now: datetime) -> Outcome:
    """`own` are the ReplicaSets it controls, `orphans` those in its namespace that nothing controls."""
    if is_dying(deployment):
        return Outcome()
    selector = table(deployment, "spec", "selector")
    taken = [
        adopted(DEPLOYMENT, deployment, found)
        for found in orphans
        if is_orphan(found) and by_workload(selector, labels_of(found))
    ]
    if taken:
        return Outcome(tuple(Update(REPLICA_SET, found) for found in taken))
    sets = [found for found in own if is_controlled(found, deployment) and not is_dying(found)]
    current = current_of(deployment, sets)
    old = [found for found in sets if found is not current]
    return _synced(deployment, current, old, now)


def current_of(deployment: Object, sets: list[Object]) -> Object | None:
    """The oldest ReplicaSet with just this template."""
    wanted = _comparable(table(deployment, "spec", "template"))
    equal = [found for found in sets if _comparable(table(found, "spec", "template")) == wanted]
    return min(equal, key=lambda found: (text(found, "metadata", "creationTimestamp"), name_of(found)), default=None)


def _comparable(template: Object) -> Object:
    labels = having(table(template, "metadata", "labels"), {HASH_LABEL: None})
    metadata = {"labels": labels, "annotations": table(template, "metadata", "annotations")}
    return {**template, "metadata": metadata}


def template_hash(template: Object, collisions: int = 0) -> str:
    digest = sha256(msgspec.json.encode([_comparable(template), collisions], order="sorted")).digest()
    return "".join(SUFFIX_LETTERS[byte % len(SUFFIX_LETTERS)] for byte in digest[:10])


def _synced(deployment: Object, current: Object | None, old: list[Object], now: datetime) -> Outcome:
    sets = [*old, current] if current else old
    paused = at(deployment, "spec", "paused") is True
    writes: list[Write] = []
    if current is None and not paused:
        writes.append(Create(REPLICA_SET, _new_set(deployment, old)))
    elif paused:
        writes += _scaled_in_place(deployment, sets)
    elif current is not None:
        writes += _revised(deployment, current, old) or _moved(deployment, current, old) or _tidied(deployment, old)
    numbered = _numbered(deployment, current)
    status, wake_in = status_of(numbered, current, sets, now)
    writes += [Update(DEPLOYMENT, status, "status")] if status != deployment else []
    return Outcome(tuple(writes), wake_in)


def _new_set(deployment: Object, old: list[Object]) -> Object:
    template = table(deployment, "spec", "template")
    code = template_hash(template, number(deployment, "status", "collisionCount"))
    labels = {**table(template, "metadata", "labels"), HASH_LABEL: code}
    selector = table(deployment, "spec", "selector")
    spec = {
        "replicas": _first_size(deployment, old),
        "selector": {**selector, "matchLabels": {**table(selector, "matchLabels"), HASH_LABEL: code}},
        "template": placed(template, ("metadata", "labels"), labels),
    }
    least = number(deployment, "spec", "minReadySeconds")
    metadata = {
        "name": f"{name_of(deployment)}-{code}",
        "namespace": text(deployment, "metadata", "namespace"),
        "labels": labels,
        "annotations": _annotations(deployment, str(_newest(old) + 1)),
        "ownerReferences": [controlled_by(DEPLOYMENT, deployment)],
    }
    spec = {**spec, "minReadySeconds": least} if least else spec
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def _first_size(deployment: Object, old: list[Object]) -> int:
    if is_recreated(deployment):
        return 0 if any(_runs(found) for found in old) else wanted_of(deployment)
    return max(0, min(wanted_of(deployment), wanted_of(deployment) + surge_of(deployment) - sizes(old)))


def _annotations(deployment: Object, revision: str) -> Object:
    own = table(deployment, "metadata", "annotations").items()
    passed = {name: value for name, value in own if name not in _PASSED_DOWN}
    sizes = {
        "deployment.kubernetes.io/desired-replicas": str(wanted_of(deployment)),
        "deployment.kubernetes.io/max-replicas": str(wanted_of(deployment) + surge_of(deployment)),
    }
    return {**passed, **sizes, REVISION: revision}


def revision_of(value: Object) -> int:
    told = str(table(value, "metadata", "annotations").get(REVISION, "0"))
    return int(told) if told.isdigit() else 0


def _newest(sets: list[Object]) -> int:
    return max((revision_of(found) for found in sets), default=0)


def _revised(deployment: Object, current: Object, old: list[Object]) -> list[Write]:
    """A template that comes back (an undo) becomes the newest revision."""
    revision = max(revision_of(current), _newest(old) + 1)
    wanted = {**table(current, "metadata", "annotations"), **_annotations(deployment, str(revision))}
    if wanted == table(current, "metadata", "annotations"):
        return []
    return [Update(REPLICA_SET, placed(current, ("metadata", "annotations"), wanted))]


def _numbered(deployment: Object, current: Object | None) -> Object:
    told = str(revision_of(current)) if current else ""
    if not told or table(deployment, "metadata", "annotations").get(REVISION) == told:
        return deployment
    return placed(deployment, ("metadata", "annotations", REVISION), told)


def _resized(replica_set: Object, size: int) -> list[Write]:
    if wanted_of(replica_set) == size:
        return []
    return [Update(REPLICA_SET, placed(replica_set, ("spec", "replicas"), size))]


def _scaled_in_place(deployment: Object, sets: list[Object]) -> list[Write]:
    """While paused only the whole size is followed, by the largest of its ReplicaSets."""
    used = [found for found in sets if wanted_of(found)] or sets[-1:]
    if not used:
        return []
    largest = max(used, key=wanted_of)
    return _resized(largest, max(0, wanted_of(largest) + wanted_of(deployment) - sizes(sets)))


def _moved(deployment: Object, current: Object, old: list[Object]) -> list[Write]:
    if is_recreated(deployment):
        return _recreated(deployment, current, old)
    if grown := _grown(deployment, current, old):
        return grown
    return _shrunk(deployment, current, old)


def _recreated(deployment: Object, current: Object, old: list[Object]) -> list[Write]:
    leaving = [write for found in old for write in _resized(found, 0)]
    if leaving or any(_runs(found) for found in old):
        return leaving
    return _resized(current, wanted_of(deployment))


def _runs(replica_set: Object) -> bool:
    """Has pods, if only dying ones."""
    return any(number(replica_set, "status", name) for name in ("replicas", "terminatingReplicas"))


def _grown(deployment: Object, current: Object, old: list[Object]) -> list[Write]:
    wanted = wanted_of(deployment)
    if wanted_of(current) >= wanted:
        return _resized(current, wanted)
    room = wanted + surge_of(deployment) - sizes([current, *old])
    return _resized(current, min(wanted, wanted_of(current) + max(0, room)))


def _shrunk(deployment: Object, current: Object, old: list[Object]) -> list[Write]:
    """Take from the old what the new has made up for; pods that are not available go first."""
    at_least = wanted_of(deployment) - lack_of(deployment)
    unavailable = max(0, wanted_of(current) - number(current, "status", "availableReplicas"))
    spare = sizes([current, *old]) - at_least - unavailable
    oldest = sorted(old, key=revision_of)
    broken, spare = _taken(
        oldest, spare, lambda found: max(0, wanted_of(found) - number(found, "status", "availableReplicas"))
    )
    if broken:
        return broken
    available = sum(number(found, "status", "availableReplicas") for found in [current, *old])
    writes, _ = _taken(oldest, min(spare, available - at_least), wanted_of)
    return writes


def _taken(sets: list[Object], spare: int, most: Any) -> tuple[list[Write], int]:
    writes: list[Write] = []
    for found in sets:
        taken = min(max(0, spare), most(found))
        writes += _resized(found, wanted_of(found) - taken)
        spare -= taken
    return writes, spare


def _tidied(deployment: Object, old: list[Object]) -> list[Write]:
    """Forget the oldest revisions, once nothing runs in them."""
    idle = [found for found in old if not wanted_of(found) and not number(found, "status", "replicas")]
    surplus = len(idle) - number(deployment, "spec", "revisionHistoryLimit", default=10)
    return [Delete(REPLICA_SET, found) for found in sorted(idle, key=revision_of)[: max(0, surplus)]]
