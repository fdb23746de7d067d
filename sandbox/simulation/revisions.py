"""Which template did a pod of a StatefulSet or DaemonSet come from? ControllerRevisions keep them, by hash."""

from typing import Any

from msgspec import Struct

from sandbox.objects.json import Object, number, placed, table, text
from sandbox.objects.kinds import CONTROLLER_REVISION, Kind
from sandbox.simulation.deployments import template_hash
from sandbox.simulation.step import Create, Delete, Write, controlled_by, name_of

HASH_LABEL = "controller-revision-hash"


class Owned(Struct, frozen=True):
    """What a workload controls: its pods, and its templates of before and now."""

    pods: list[Object]
    revisions: list[Object]


def wanted_revision(workload: Object) -> str:
    return f"{name_of(workload)}-{template_hash(table(workload, 'spec', 'template'))}"


def revision_of(pod: Object) -> str:
    return str(table(pod, "metadata", "labels").get(HASH_LABEL, ""))


def kept(kind: Kind, workload: Object, owned: Owned) -> list[Write]:
    """Record the template of now; forget those beyond the limit that no pod comes from."""
    name = wanted_revision(workload)
    if not any(name_of(found) == name for found in owned.revisions):
        return [Create(CONTROLLER_REVISION, _revision(kind, workload, name, owned))]
    used = {name, text(workload, "status", "currentRevision"), *(revision_of(pod) for pod in owned.pods)}
    idle = sorted((found for found in owned.revisions if name_of(found) not in used), key=_order)
    surplus = len(idle) - number(workload, "spec", "revisionHistoryLimit", default=10)
    return [Delete(CONTROLLER_REVISION, found) for found in idle[: max(0, surplus)]]


def _order(revision: Object) -> int:
    return number(revision, "revision")


def _revision(kind: Kind, workload: Object, name: str, owned: Owned) -> Object:
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": text(workload, "metadata", "namespace"),
        "labels": {**table(workload, "spec", "template", "metadata", "labels"), HASH_LABEL: name},
        "ownerReferences": [controlled_by(kind, workload)],
    }
    return {
        "apiVersion": CONTROLLER_REVISION.api_version,
        "kind": CONTROLLER_REVISION.name,
        "metadata": metadata,
        "data": {"spec": {"template": table(workload, "spec", "template")}},
        "revision": max(map(_order, owned.revisions), default=0) + 1,
    }


def at_revision(workload: Object, name: str, owned: Owned) -> Object:
    """The workload as it was at a revision; as it is where that is no longer known."""
    found = next((revision for revision in owned.revisions if name_of(revision) == name), None)
    template = table(found, "data", "spec", "template") if found else {}
    return placed(workload, ("spec", "template"), template) if template else workload


def labelled(pod: Object, revision: str, **more: str) -> Object:
    labels = {**table(pod, "metadata", "labels"), HASH_LABEL: revision, **more}
    return placed(pod, ("metadata", "labels"), labels)
