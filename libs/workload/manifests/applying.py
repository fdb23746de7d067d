"""Everything in the manifests that is not a Deployment: applied rank by rank, each object once in a rollout."""

import hashlib

import msgspec

from libs.workload.autoscaling.aims import autoscalers
from libs.workload.dialogue.outlook import CLEAR, Outlook, combined
from libs.workload.dialogue.requests import apply, close, read, select
from libs.workload.dialogue.wanted import Request, Seen, Wanted
from libs.workload.kinds.naming import (
    AGAIN,
    APPLICATION,
    APPLIED,
    CLOSED,
    DEPLOYMENT_ID,
    ENVIRONMENT,
    FIRST_APPLY,
    ONLY,
    Marks,
    mark_annotations,
)
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    at,
    identity,
    is_deployment,
    is_leaving,
    is_secret,
    manifest_of,
    table,
    text,
)
from libs.workload.kinds.order import ranked
from libs.workload.kinds.ownership import has_patched_selector
from libs.workload.kinds.readiness import holds_up, is_waited_for, unready

_VALUES = ("data", "stringData")


def applied(wanted: Wanted, seen: Seen) -> Outlook:
    """A rank is sent when the one before it is accepted, and what later ranks live in is there."""
    waiting: list[Outlook] = []
    for objects in ranked(plain(wanted.objects)):
        looks = [_applied(value, wanted, seen) for value in objects]
        if any(look.requests for look in looks) or any(
            not look.is_settled for look, value in zip(looks, objects, strict=True) if holds_up(value)
        ):
            return combined([*waiting, *looks])
        waiting += looks
    return combined(waiting)


def plain(objects: tuple[Object, ...]) -> tuple[Object, ...]:
    """Without Deployments, and without the autoscalers that come when these have their pods."""
    scaling = {identity(value) for value in autoscalers(objects).values()}
    return tuple(value for value in objects if not is_deployment(value) and identity(value) not in scaling)


def desired(value: Object, wanted: Wanted) -> Object:
    """What we apply: the manifest with our marks, without what the API server keeps, what an autoscaler steers, and
    what blue/green does."""
    body = manifest_of(value)
    if identity(value) in _autoscaled(wanted.objects):
        body["spec"] = {key: kept for key, kept in table(value, "spec").items() if key != "replicas"}
    if _is_steered(value, wanted):
        body["spec"] = {key: kept for key, kept in table(value, "spec").items() if key != "selector"}
    return _marked(body, wanted.marks)


def was_applied(secret: Object, live: Object) -> Object | None:
    """A Secret's manifest as the rollout applied it whose marks it carries; None where that is not what is there."""
    marks = Marks(annotation(live, APPLICATION), annotation(live, ENVIRONMENT), annotation(live, DEPLOYMENT_ID))
    ours = _marked(manifest_of(secret), marks)
    return ours if annotation(ours, APPLIED) == annotation(live, APPLIED) else None


def _marked(body: Object, marks: Marks) -> Object:
    metadata = table(body, "metadata")
    annotations = {**table(metadata, "annotations"), **mark_annotations(marks)}
    annotations[APPLIED] = _digest({**body, "metadata": {**metadata, "annotations": annotations}})
    return {**body, "metadata": {**metadata, "annotations": annotations}}


def _applied(value: Object, wanted: Wanted, seen: Seen) -> Outlook:
    where = identity(value)
    reading = read(text(value, "apiVersion"), where)
    if where not in seen.objects:
        return Outlook(requests=(reading,))
    live, ours = seen.objects[where], desired(value, wanted)
    if live is not None and is_leaving(live):
        return Outlook(waits=(f"{where} is being deleted",), polls=(reading,))
    if live is None or annotation(live, APPLIED) != annotation(ours, APPLIED):
        applied_now = _selecting(ours, live, wanted)
        return Outlook(requests=(reselected(applied_now, live) or apply(as_read(applied_now, live, wanted)),))
    if may_be_made(live, wanted):
        return Outlook(requests=(close(live),))
    wait = unready(live) if is_waited_for(value) else ""
    return Outlook(waits=(f"{where}: {wait}",), polls=(reading,)) if wait else CLEAR


def _is_steered(value: Object, wanted: Wanted) -> bool:
    return any(service.identity == identity(value) for service in wanted.snapshot.services)


def _selecting(ours: Object, live: Object | None, wanted: Wanted) -> Object:
    """A steered Service keeps the selector that it has. To leave out what an earlier apply set would take it away."""
    selector = table(live, "spec", "selector")
    if not selector or not _is_steered(ours, wanted):
        return ours
    return {**ours, "spec": {**table(ours, "spec"), "selector": selector}}


def reselected(ours: Object, live: Object | None) -> Request | None:
    """What must be sent before an apply whose selector our own patches would refuse; None where none would be."""
    selector = table(ours, "spec", "selector")
    if live is None or not selector or selector == table(live, "spec", "selector") or not has_patched_selector(live):
        return None
    return select(live, selector)


def may_be_made(live: Object, wanted: Wanted) -> bool:
    """Whether a create that comes late would overwrite it."""
    return identity(live) in wanted.late and annotation(live, FIRST_APPLY) != CLOSED


def as_read(ours: Object, live: Object | None, wanted: Wanted) -> Object:
    """An apply to what exists names the version that was read: what somebody deleted meanwhile is not made again.

    One to what does not exist says whether it is the only one that may make it.
    """
    if live is None:
        return _annotated(ours, {FIRST_APPLY: AGAIN if identity(ours) in wanted.late else ONLY})
    named = {**ours, "metadata": {**ours["metadata"], "resourceVersion": text(live, "metadata", "resourceVersion")}}
    return _annotated(named, {}) if annotation(live, FIRST_APPLY) == CLOSED else named


def _annotated(ours: Object, first: dict[str, str]) -> Object:
    kept = {name: value for name, value in table(ours, "metadata", "annotations").items() if name != FIRST_APPLY}
    return {**ours, "metadata": {**ours["metadata"], "annotations": {**kept, **first}}}


def _autoscaled(objects: tuple[Object, ...]) -> set[Identity]:
    """Objects whose `spec.replicas` belongs to an autoscaler among the manifests."""
    return {
        Identity(
            group=text(value, "spec", "scaleTargetRef", "apiVersion").rpartition("/")[0],
            kind=text(value, "spec", "scaleTargetRef", "kind"),
            namespace=text(value, "metadata", "namespace"),
            name=text(value, "spec", "scaleTargetRef", "name"),
        )
        for value in objects
        if at(value, "kind") == "HorizontalPodAutoscaler"
    }


def _digest(value: Object) -> str:
    """Of a Secret everything but its values counts: an annotation may be readable where they are not."""
    if is_secret(value):
        value = {key: sorted(table(value, key)) if key in _VALUES else kept for key, kept in value.items()}
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:32]
