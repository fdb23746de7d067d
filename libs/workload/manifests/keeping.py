"""keepDeploymentObject: in the end a Deployment owns the new version, as if it had made it itself."""

from libs.workload.dialogue.outlook import CLEAR, Outlook, combined
from libs.workload.dialogue.requests import apply, read
from libs.workload.dialogue.wanted import Seen, Wanted
from libs.workload.kinds.naming import mark_annotations
from libs.workload.kinds.objects import (
    Object,
    deployment_identity,
    identity,
    is_deployment,
    is_leaving,
    items,
    manifest_of,
    number,
    replica_set_identity,
    table,
    text,
)


def kept(wanted: Wanted, seen: Seen) -> Outlook:
    """Each Deployment is there and has taken its ReplicaSet in."""
    if not wanted.keeps_deployment:
        return CLEAR
    names = {(one.namespace, one.name): one.replica_set for one in wanted.workloads}
    return combined(
        _kept(value, names[text(value, "metadata", "namespace"), text(value, "metadata", "name")], wanted, seen)
        for value in wanted.objects
        if is_deployment(value)
    )


def owner(manifest: Object, replica_set: Object, wanted: Wanted) -> Object:
    """The manifest with just the template and size that the ReplicaSet has: nothing to roll, nothing to scale."""
    body = manifest_of(manifest)
    metadata = table(body, "metadata")
    annotations = {**table(metadata, "annotations"), **mark_annotations(wanted.marks)}
    template = table(replica_set, "spec", "template")
    named = {name: value for name, value in table(template, "metadata").items() if value is not None}
    spec = {
        **table(manifest, "spec"),
        "replicas": number(replica_set, "spec", "replicas", default=1),
        "template": {**template, "metadata": named},
    }
    return {**body, "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def _kept(manifest: Object, replica_set: str, wanted: Wanted, seen: Seen) -> Outlook:
    namespace, name = text(manifest, "metadata", "namespace"), text(manifest, "metadata", "name")
    where, reading = deployment_identity(namespace, name), read("apps/v1", identity(manifest))
    version = seen.objects.get(replica_set_identity(namespace, replica_set))
    if where not in seen.objects:
        return Outlook(requests=(reading,))
    live = seen.objects[where]
    if live is None and version is not None:
        return Outlook(requests=(apply(owner(manifest, version, wanted)),))
    if live is None or is_leaving(live):
        return Outlook(waits=(f"{where} is being made anew",), polls=(reading,))
    owners = [text(one, "uid") for one in items(version, "metadata", "ownerReferences")]
    if text(live, "metadata", "uid") not in owners:
        return Outlook(waits=(f"{where} has not taken {replica_set} in yet",), polls=(reading,))
    return CLEAR
