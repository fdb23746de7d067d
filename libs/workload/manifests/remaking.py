"""A Deployment that was taken over and let go of its pods is made again by a return, as it was: it takes them in again.

From then on the sizes are its controller's, as they were before: nothing here corrects them.
"""

from msgspec.structs import replace

from libs.messages.rollout import Workload
from libs.workload.dialogue.outlook import CLEAR, Outlook, combined
from libs.workload.dialogue.requests import read, remake
from libs.workload.dialogue.wanted import Adopted, Seen, Wanted
from libs.workload.kinds.naming import FIELD_MANAGER, RETURNED_BY, Marks
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    deployment_identity,
    is_leaving,
    items,
    number,
    table,
    text,
)

REVISION = "deployment.kubernetes.io/revision"
"""Kept by the Deployment's controller."""

_AS_THEY_WERE = ("name", "namespace", "labels", "ownerReferences", "finalizers")


def adopted(live: Object) -> Adopted:
    """What a return needs of a live Deployment."""
    metadata = table(live, "metadata")
    kept = {key: metadata[key] for key in _AS_THEY_WERE if key in metadata}
    annotations = {key: value for key, value in table(metadata, "annotations").items() if key != REVISION}
    manager, is_applied = _owner(live)
    return Adopted(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        uid=text(metadata, "uid"),
        generation=number(metadata, "generation"),
        manifest={
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {**kept, "annotations": annotations},
            "spec": table(live, "spec"),
        },
        manager=manager,
        is_applied=is_applied,
    )


def remade(wanted: Wanted, seen: Seen) -> Outlook:
    """Every Deployment that was taken away is there again, and its controller has seen it."""
    return combined(_remade(one, wanted, seen) for one in wanted.snapshot.adopted)


def unowned(wanted: Wanted, seen: Seen) -> Wanted:
    """Without the workloads whose Deployment is back, and without the Services that lead to them."""
    back = {_place(one) for one in wanted.snapshot.adopted if _is_back(seen.objects.get(_place(one)), wanted.marks)}
    workloads = tuple(one for one in wanted.workloads if _deployment_of(one) not in back)
    services = wanted.snapshot.services
    left = (one for one in services if deployment_identity(one.identity.namespace, one.workload) not in back)
    return replace(wanted, workloads=workloads, snapshot=replace(wanted.snapshot, services=tuple(left)))


def _remade(one: Adopted, wanted: Wanted, seen: Seen) -> Outlook:
    where = _place(one)
    reading = read("apps/v1", where)
    if one.manifest is None:
        # Recorded by a release that did not keep it.
        return CLEAR
    if where not in seen.objects:
        return Outlook(requests=(reading,))
    live = seen.objects[where]
    if live is None:
        return Outlook(requests=(remake(_marked(one.manifest, wanted.marks), one.manager, one.is_applied),))
    if is_leaving(live):
        return Outlook(waits=(f"{where} is letting go of its pods",), polls=(reading,))
    is_seen = number(live, "status", "observedGeneration") >= number(live, "metadata", "generation")
    if _is_back(live, wanted.marks) and not is_seen:
        return Outlook(waits=(f"{where} has not taken its pods in yet",), polls=(reading,))
    return CLEAR


def _marked(manifest: Object, marks: Marks) -> Object:
    metadata = table(manifest, "metadata")
    annotations = {**table(metadata, "annotations"), RETURNED_BY: marks.deployment}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def _is_back(live: Object | None, marks: Marks) -> bool:
    return live is not None and not is_leaving(live) and annotation(live, RETURNED_BY) == marks.deployment


def _owner(live: Object) -> tuple[str, bool]:
    """Whose the pods' template is, and whether by server-side apply: to that manager nothing is to have changed."""
    for entry in items(live, "metadata", "managedFields"):
        owns = "f:template" in table(entry, "fieldsV1", "f:spec")
        if owns and not text(entry, "subresource") and text(entry, "manager"):
            return text(entry, "manager"), text(entry, "operation") == "Apply"
    return FIELD_MANAGER, False


def _place(one: Adopted) -> Identity:
    return deployment_identity(one.namespace, one.name)


def _deployment_of(one: Workload) -> Identity:
    return deployment_identity(one.namespace, one.name)
