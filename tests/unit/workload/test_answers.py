"""What answers and refusals mean."""

import pytest

from libs.workload.dialogue.answers import explain, fence_off, learn, reread
from libs.workload.dialogue.requests import (
    apply,
    claim,
    close,
    create,
    delete,
    makes,
    read,
    rehearse,
    resize,
    unserved_of,
)
from libs.workload.dialogue.wanted import METADATA_ONLY, Request, Stage
from libs.workload.kinds.naming import CLOSING_MANAGER, PLACE_TAKEN, rollout_annotation
from libs.workload.kinds.objects import Object, annotation
from tests.unit.workload.build import FIRST, V2, goal, plain, service

LIVE: Object = plain("ReplicaSet", "web-1", "apps/v1", spec={"replicas": 3})
LIVE["metadata"] |= {"uid": "u1", "resourceVersion": "7", "annotations": {rollout_annotation(V2): "1.a.4"}}
RESIZE = resize(LIVE, 2, V2, FIRST)
CREATE = create(plain("ReplicaSet", "web-2", "apps/v1", spec={}), 1, V2, FIRST)
APPLY = apply(service())


def test_scaling_tests_what_was_read() -> None:
    path = "/metadata/annotations/" + rollout_annotation(V2).replace("/", "~1")
    assert RESIZE.body == [
        {"op": "test", "path": path, "value": "1.a.4"},
        {"op": "test", "path": "/spec/replicas", "value": 3},
        {"op": "replace", "path": path, "value": "1.a.1.5"},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
    ]


def test_deletes_name_what_was_read() -> None:
    body = delete(LIVE, "apps/v1", RESIZE.target).body
    assert isinstance(body, dict)
    assert body["preconditions"] == {"uid": "u1", "resourceVersion": "7"}
    assert body["propagationPolicy"] == "Background"


def test_answered_object_is_known() -> None:
    assert learn(RESIZE, 200, LIVE).objects == {RESIZE.target: LIVE}


def test_deleted_object_is_gone() -> None:
    request = delete(LIVE, "apps/v1", RESIZE.target)
    assert learn(request, 200, {"kind": "Status"}).objects == {request.target: None}
    assert learn(request, 404, {}).objects == {request.target: None}


@pytest.mark.parametrize(
    ("status", "is_served"),
    [
        ({}, False),  # "404 page not found" is no object
        ({"reason": "NotFound", "details": {}}, False),
        ({"reason": "NotFound", "details": {"name": "web", "kind": "services"}}, True),
        ({"reason": "NotFound", "details": {"name": "shop", "kind": "namespaces"}}, True),
    ],
)
def test_missing_kind_is_told_from_a_missing_object(status: Object, is_served: bool) -> None:
    request = read("v1", APPLY.target)
    unserved = {} if is_served else {unserved_of(request.target): {}}
    assert learn(request, 404, status).objects == {request.target: None, **unserved}


def test_kind_that_cannot_be_put_back_is_named() -> None:
    widget = plain("Widget", "main", "example.org/v1")
    assert explain(apply(widget), 404, {}).reason == (
        "apply Widget shop/main: the cluster serves no Widget of example.org/v1: is its definition there?"
    )


def test_object_held_by_a_finalizer_is_still_there() -> None:
    leaving = {**LIVE, "metadata": {**LIVE["metadata"], "deletionTimestamp": "now"}}
    assert learn(delete(LIVE, "apps/v1", RESIZE.target), 200, leaving).objects == {RESIZE.target: leaving}


@pytest.mark.parametrize("code", [0, 409, 422, 500, 503])
def test_doubtful_write_is_read_again(code: int) -> None:
    again = learn(CREATE, code, {}).reread
    assert [request.path for request in again] == ["/apis/apps/v1/namespaces/shop/replicasets/web-2"]


def test_too_many_requests_teach_nothing() -> None:
    assert learn(RESIZE, 429, {}).reread == ()


def test_secret_is_never_read_out() -> None:
    request = apply(plain("Secret", "s", data={"a": "c2VjcmV0"}))
    assert request.accept == METADATA_ONLY
    assert reread(request).accept == METADATA_ONLY
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "s"}}
    assert learn(request, 200, partial).objects[request.target] == {**partial, "kind": "Secret", "apiVersion": "v1"}


def conflict(message: str = 'conflict with "helm" using v1') -> Object:
    cause = {"reason": "FieldManagerConflict", "message": message, "field": ".spec.type"}
    return {"reason": "Conflict", "message": "Apply failed", "details": {"causes": [cause]}}


def test_field_of_another_manager_is_named() -> None:
    refusal = explain(APPLY, 409, conflict())
    assert refusal.terminal
    assert "field .spec.type belongs to 'helm'" in refusal.reason


def test_object_that_was_closed_meanwhile_is_read_again() -> None:
    refusal = explain(APPLY, 409, conflict(f'conflict with "{CLOSING_MANAGER}" using v1'))
    assert not refusal.terminal


def versioned(value: Object) -> Object:
    return {**value, "metadata": {**value["metadata"], "resourceVersion": "7"}}


@pytest.mark.parametrize(
    ("request_", "is_making"),
    [(APPLY, True), (apply(versioned(service())), False), (rehearse(service()), False), (RESIZE, False)],
)
def test_apply_without_a_version_makes(request_: Request, is_making: bool) -> None:
    assert makes(request_) is is_making


def test_secret_is_closed_without_being_read_out() -> None:
    assert close(plain("Secret", "s")).accept == METADATA_ONLY


@pytest.mark.parametrize(
    ("request_", "code", "status", "terminal"),
    [
        (APPLY, 409, {"reason": "Conflict", "message": "the object has been modified"}, False),
        (APPLY, 422, {"reason": "Invalid", "message": "spec is wrong"}, True),
        (APPLY, 400, {"message": 'strict decoding error: unknown field "spec.bogus"'}, True),
        (APPLY, 500, {"message": "failed to create typed patch object (...): .spec.bogus: not declared"}, True),
        (APPLY, 500, {"message": "etcd timed out"}, False),
        (APPLY, 500, {"message": 'failed calling webhook "policy.example.com": connection refused'}, False),
        (APPLY, 403, {"reason": "Forbidden", "message": "cannot patch services"}, True),
        (APPLY, 403, {"reason": "Forbidden", "message": "exceeded quota: services"}, False),
        (APPLY, 404, {"details": {"kind": "namespaces"}, "message": 'namespaces "shop" not found'}, True),
        (APPLY, 404, {"message": "the server could not find the requested resource"}, False),
        (CREATE, 409, {"reason": "AlreadyExists"}, False),
        (RESIZE, 422, {"reason": "Invalid"}, False),
        (RESIZE, 429, {}, False),
        (RESIZE, 0, {}, False),
        (read("v1", APPLY.target), 403, {"message": "cannot get"}, True),
    ],
)
def test_refusal_is_final_or_not(request_: Request, code: int, status: Object, terminal: bool) -> None:
    assert explain(request_, code, status).terminal is terminal


def invalid(**cause: str) -> Object:
    return {"reason": "Invalid", "message": "all at length", "details": {"causes": [cause]}}


def test_long_values_hide_no_reason() -> None:
    pod = '{"Spec":{"Volumes":null' + ',"Containers":null' * 100
    refusal = explain(APPLY, 422, invalid(field="spec.template", message=f"Invalid value: {pod}}}: field is immutable"))
    assert "spec.template: Invalid value: {" in refusal.reason
    assert refusal.reason.endswith("}: field is immutable")
    assert len(refusal.reason) < 240


def test_refusal_about_no_field_is_told() -> None:
    refusal = explain(APPLY, 422, invalid(message="the policy 'owned' denied request: whose is it?"))
    assert refusal.reason == "apply Service shop/web: the policy 'owned' denied request: whose is it?"


def test_lost_write_is_fenced_off() -> None:
    wanted = goal(Stage.WEIGHT, ())
    assert fence_off(RESIZE, LIVE, wanted) == claim(LIVE, V2, FIRST)


def test_lost_create_finds_its_name_taken() -> None:
    off = fence_off(CREATE, None, goal(Stage.WEIGHT, ()))
    assert off is not None
    assert isinstance(off.body, dict)
    assert (off.method, off.path, off.body["spec"]["replicas"]) == ("POST", CREATE.path, 0)
    assert annotation(off.body, PLACE_TAKEN) == "true"


def test_write_that_arrived_needs_no_fence() -> None:
    done = {**LIVE, "metadata": {**LIVE["metadata"], "annotations": {rollout_annotation(V2): "1.a.1.5"}}}
    assert fence_off(RESIZE, done, goal(Stage.WEIGHT, ())) is None
    assert fence_off(CREATE, LIVE, goal(Stage.WEIGHT, ())) is None
