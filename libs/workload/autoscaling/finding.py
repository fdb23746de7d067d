"""Which live autoscalers scale a target's Deployments? Found at the survey, and recorded whole.

One is looked for under the name that the manifests give it, and under the one that the stable version carries since it
was made: so it is found too where the manifests have it no more.
"""

from collections.abc import Iterator, Sequence

from libs.workload.autoscaling.aims import aim_of, autoscalers
from libs.workload.dialogue.requests import read
from libs.workload.dialogue.wanted import Request, Scaled, Seen
from libs.workload.kinds.naming import AUTOSCALER, WORKLOAD, rollout_annotations
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    identity,
    is_deployment,
    is_leaving,
    manifest_of,
    table,
    text,
)

_API_VERSION = "autoscaling/v2"
"""How one is read that no manifest speaks of."""


def autoscaler_requests(objects: tuple[Object, ...], seen: Seen) -> tuple[Request, ...]:
    """Reads of those whose names versions carry; those of the manifests are read as all manifests are."""
    known = {identity(value) for value in objects}
    carried = {
        place
        for value in objects
        if is_deployment(value)
        for live in seen.objects.values()
        if live is not None and _is_version(live, value)
        for place in _carried(live)
    }
    return tuple(read(_API_VERSION, place) for place in sorted(carried - known) if place not in seen.objects)


def found_autoscalers(
    deployment: Object, versions: Sequence[Object], objects: tuple[Object, ...], seen: Seen
) -> tuple[Scaled, ...]:
    """Everything that scales this Deployment's pods now, or has the place of what will."""
    manifest = autoscalers(objects).get(identity(deployment))
    aims = {identity(deployment), *map(identity, versions)}
    places = {place for live in versions for place in _carried(live) if aim_of(seen.objects.get(place) or {}) in aims}
    if manifest is not None:
        places.add(identity(manifest))
    every = ((place, seen.objects.get(place)) for place in sorted(places))
    name = text(deployment, "metadata", "name")
    return tuple(
        Scaled(place, name, text(live, "metadata", "uid"), _recorded(live))
        for place, live in every
        if live is not None and not is_leaving(live)
    )


def _is_version(live: Object, deployment: Object) -> bool:
    where, of = identity(live), identity(deployment)
    is_replica_set = (where.group, where.kind, where.namespace) == ("apps", "ReplicaSet", of.namespace)
    return is_replica_set and annotation(live, WORKLOAD) == of.name


def _carried(version: Object) -> Iterator[Identity]:
    name = annotation(version, AUTOSCALER)
    if name:
        yield Identity("autoscaling", "HorizontalPodAutoscaler", text(version, "metadata", "namespace"), name)


def _recorded(live: Object) -> Object:
    """As it was, without what the API server keeps and the marks of rollouts that have ended."""
    value = manifest_of(live)
    annotations = table(value, "metadata", "annotations")
    ended = rollout_annotations(annotations)
    kept = {name: one for name, one in annotations.items() if name not in ended}
    return {**value, "metadata": {**table(value, "metadata"), "annotations": kept}}
