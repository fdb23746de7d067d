"""The requests that Fairlead makes of a cluster, each built in one place."""

from msgspec.structs import replace

from libs.workload.dialogue.fence import Fence, ended_marks, following
from libs.workload.dialogue.wanted import APPLY_PATCH, JSON, JSON_PATCH, MERGE_PATCH, METADATA_ONLY, Request
from libs.workload.kinds.naming import (
    CLOSED,
    CLOSING_MANAGER,
    FIELD_MANAGER,
    FIRST_APPLY,
    PLACE_TAKEN,
    STEERED_BY,
    Marks,
    rollout_annotation,
)
from libs.workload.kinds.objects import Identity, Object, annotation, identity, number, table, text
from libs.workload.kinds.paths import collection_path, object_path, path_of, with_query


def read(api_version: str, target: Identity) -> Request:
    return Request("GET", object_path(api_version, target), f"read {target}", target, accept=_accept(target))


def list_replica_sets(namespace: str, selector: str, target: Identity) -> Request:
    path = with_query(collection_path("apps/v1", "ReplicaSet", namespace), labelSelector=selector, limit="500")
    whose = f"Deployment {namespace}/{target.name}" if target.name else f"namespace {namespace}"
    return Request("GET", path, f"list the ReplicaSets of {whose}", target)


def apply(value: Object) -> Request:
    """Server-side apply of the fields we own. What another manager owns is never taken: the API answers 409."""
    target = identity(value)
    query = {"fieldManager": FIELD_MANAGER, "force": "false", "fieldValidation": "Strict"}
    path = with_query(path_of(value), **query)
    return Request("PATCH", path, f"apply {target}", target, APPLY_PATCH, _accept(target), value)


def close(live: Object) -> Request:
    """Have the API refuse creates of this object that come late: what they would set has another owner then."""
    target = identity(live)
    version = text(live, "metadata", "resourceVersion")
    body: Object = {"metadata": {"resourceVersion": version, "annotations": {FIRST_APPLY: CLOSED}}}
    path = with_query(path_of(live), fieldManager=CLOSING_MANAGER)
    return Request("PATCH", path, f"close {target} to late creates", target, MERGE_PATCH, _accept(target), body)


def makes(request: Request) -> bool:
    """Whether it is an apply that makes what is not there."""
    is_apply = request.content_type == APPLY_PATCH and "dryRun" not in request.path
    return is_apply and not text(request.body, "metadata", "resourceVersion")


def rehearse(value: Object) -> Request:
    """Ask whether an apply that comes later would be taken. The answer has its own key: it is not about the object."""
    found = apply(value)
    target = rehearsal_of(identity(value))
    return replace(found, path=f"{found.path}&dryRun=All", what=f"try to {found.what}", target=target)


def rehearse_under(name: str, value: Object) -> Request:
    """The same for an object of another name, which nobody has: what is live under its own is not mixed into it."""
    found = rehearse({**value, "metadata": {**table(value, "metadata"), "name": name}})
    place = identity(value)
    return replace(found, what=f"try to apply {place}", target=rehearsal_of(place))


def rehearsal_of(place: Identity) -> Identity:
    return replace(place, kind=f"{place.kind}Rehearsal")


def unserved_of(place: Identity) -> Identity:
    """What is known where the answer was that the API has no such kind, rather than no such object."""
    return replace(place, kind=f"{place.kind}Unserved")


def create(replica_set: Object, size: int, marks: Marks, fence: Fence) -> Request:
    """Capacity and claim in one write; a second one is answered 409."""
    target = identity(replica_set)
    annotations = {**table(replica_set, "metadata", "annotations"), rollout_annotation(marks): following("", fence)}
    body = {
        **replica_set,
        "metadata": {**table(replica_set, "metadata"), "annotations": annotations},
        "spec": {**table(replica_set, "spec"), "replicas": size},
    }
    query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
    path = with_query(collection_path("apps/v1", "ReplicaSet", target.namespace), **query)
    return Request("POST", path, f"create {target} with {_pods(size)}", target, JSON, body=body)


def place(replica_set: Object, marks: Marks, fence: Fence) -> Request:
    """A version without pods, that stays while a create may still come: no precondition guards a create."""
    metadata = table(replica_set, "metadata")
    annotations = {**table(metadata, "annotations"), PLACE_TAKEN: "true"}
    return create({**replica_set, "metadata": {**metadata, "annotations": annotations}}, 0, marks, fence)


def remake(deployment: Object, manager: str, is_applied: bool) -> Request:
    """Make a Deployment again under the manager whose it was: what that one sends next finds its own fields."""
    target = identity(deployment)
    what = f"make {target} again"
    query = {"fieldManager": manager, "fieldValidation": "Strict"}
    if is_applied:
        path = with_query(path_of(deployment), **query, force="false")
        return Request("PATCH", path, what, target, APPLY_PATCH, body=deployment)
    path = with_query(collection_path("apps/v1", "Deployment", target.namespace), **query)
    return Request("POST", path, what, target, JSON, body=deployment)


def resize(live: Object, size: int, marks: Marks, fence: Fence) -> Request:
    what = f"scale {identity(live)} from {number(live, 'spec', 'replicas')} to {size}"
    if not annotation(live, rollout_annotation(marks)):
        return _merge(live, what, {"spec": {"replicas": size}}, marks, fence)
    before = number(live, "spec", "replicas")
    # The size is tested too: a person's `kubectl scale` leaves the mark alone but makes what was decided on untrue.
    tests = [{"op": "test", "path": "/spec/replicas", "value": before}]
    changes = [{"op": "replace", "path": "/spec/replicas", "value": size}]
    return _fenced(live, what, (tests, changes), marks, fence)


def claim(live: Object, marks: Marks, fence: Fence) -> Request:
    """Take an object over from an older epoch without changing it: what that epoch still sends is refused."""
    what = f"claim {identity(live)}"
    if not annotation(live, rollout_annotation(marks)):
        return _merge(live, what, {}, marks, fence)
    return _fenced(live, what, ([], []), marks, fence)


def point(live: Object, selector: dict[str, str], steered_by: str | None, marks: Marks, fence: Fence) -> Request:
    """Lead a Service to the pods of this selector; `steered_by` is None where the rollout lets go of it."""
    what, before = _pointing(live, selector), table(live, "spec", "selector")
    if not annotation(live, rollout_annotation(marks)):
        changes = {"spec": _replaced(before, selector), "annotations": {STEERED_BY: steered_by}}
        return _merge(live, what, changes, marks, fence)
    tests = [{"op": "test", "path": "/spec/selector", "value": before}] if before else []
    added: list[Object] = [{"op": "add", "path": "/spec/selector", "value": selector}]
    path = _annotation_path(STEERED_BY)
    if steered_by is not None:
        added.append({"op": "add", "path": path, "value": steered_by})
    elif annotation(live, STEERED_BY):
        added.append({"op": "remove", "path": path})
    return _fenced(live, what, (tests, added), marks, fence)


def select(live: Object, selector: dict[str, str]) -> Request:
    """Give a Service another selector where an earlier patch of ours owns it: an apply would conflict with that."""
    metadata = {"resourceVersion": text(live, "metadata", "resourceVersion")}
    body: Object = {"metadata": metadata, "spec": _replaced(table(live, "spec", "selector"), selector)}
    return _patch(live, _pointing(live, selector), MERGE_PATCH, body)


def adopt(live: Object, labels: dict[str, str], annotations: dict[str, str], claimed: tuple[Marks, Fence]) -> Request:
    """Mark a ReplicaSet that a Deployment made, so that our watch sees it and the next rollout finds it."""
    marks, fence = claimed
    request = _merge(live, f"adopt {identity(live)}", {}, marks, fence)
    body = dict(request.body) if isinstance(request.body, dict) else {}
    metadata = table(body, "metadata")
    merged = {**metadata, "labels": labels, "annotations": {**annotations, **table(metadata, "annotations")}}
    return Request("PATCH", request.path, request.what, request.target, MERGE_PATCH, body={**body, "metadata": merged})


def delete(live: Object, api_version: str, target: Identity, propagation: str = "Background") -> Request:
    """Only what was read, as it was read: made anew or changed in between, it stays."""
    preconditions = {"uid": text(live, "metadata", "uid"), "resourceVersion": text(live, "metadata", "resourceVersion")}
    body: Object = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": preconditions,
        "propagationPolicy": propagation,
    }
    return Request("DELETE", object_path(api_version, target), f"delete {target}", target, JSON, body=body)


def _merge(live: Object, what: str, changes: Object, marks: Marks, fence: Fence) -> Request:
    """The first write to an object without our mark; most marks of rollouts that have ended go with it."""
    ended: dict[str, str | None] = dict.fromkeys(ended_marks(table(live, "metadata", "annotations")))
    body: Object = {
        "metadata": {
            "resourceVersion": text(live, "metadata", "resourceVersion"),
            "annotations": {**ended, **table(changes, "annotations"), rollout_annotation(marks): following("", fence)},
        }
    }
    if "spec" in changes:
        body["spec"] = changes["spec"]
    return _patch(live, what, MERGE_PATCH, body)


def _fenced(
    live: Object, what: str, operations: tuple[list[Object], list[Object]], marks: Marks, fence: Fence
) -> Request:
    tests, changes = operations
    mark = annotation(live, rollout_annotation(marks))
    path = _annotation_path(rollout_annotation(marks))
    body = [
        {"op": "test", "path": path, "value": mark},
        *tests,
        {"op": "replace", "path": path, "value": following(mark, fence)},
        *changes,
    ]
    return _patch(live, what, JSON_PATCH, body)


def _pointing(live: Object, selector: dict[str, str]) -> str:
    chosen = ", ".join(f"{name}={value}" for name, value in sorted(selector.items())) or "nothing"
    return f"point {identity(live)} to {chosen}"


def _replaced(before: Object, selector: dict[str, str]) -> Object:
    return {"selector": {**dict.fromkeys(before), **selector}}


def _annotation_path(name: str) -> str:
    return "/metadata/annotations/" + name.replace("~", "~0").replace("/", "~1")


def _patch(live: Object, what: str, content_type: str, body: Object | list[Object]) -> Request:
    target = identity(live)
    path = with_query(path_of(live), fieldManager=FIELD_MANAGER)
    return Request("PATCH", path, what, target, content_type, body=body)


def _accept(target: Identity) -> str:
    return METADATA_ONLY if (target.group, target.kind) == ("", "Secret") else JSON


def _pods(count: int) -> str:
    return f"{count} pod" if count == 1 else f"{count} pods"
