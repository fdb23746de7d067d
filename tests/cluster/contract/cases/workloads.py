"""What controllers make in the end: Deployments, ReplicaSets, Pods, Endpoints, Jobs, autoscalers."""

from collections.abc import Callable

from tests.cluster.contract.objects import (
    AUTOSCALERS,
    DEPLOYMENTS,
    ENDPOINTS,
    JOBS,
    PODS,
    REPLICA_SETS,
    SERVICES,
    SLICES,
    a_job,
    a_service,
    a_template,
    a_workload,
    an_autoscaler,
)
from tests.cluster.contract.step import MERGE, Object, Step, delete, get, patch, post

_WEB = f"{DEPLOYMENTS}/web"


def _done(size: int) -> Callable[[Object], bool]:
    def is_done(value: Object) -> bool:
        status = value["status"]
        counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
        seen = status["observedGeneration"] == value["metadata"]["generation"]
        complete = [one["reason"] for one in status["conditions"] if one["type"] == "Progressing"]
        return seen and counts == [size] * 3 and complete == ["NewReplicaSetAvailable"]

    return is_done


def _sets(*sizes: int) -> Callable[[Object], bool]:
    """The ReplicaSets have these sizes, and just these pods."""

    def are_so(value: Object) -> bool:
        found = sorted(one["spec"]["replicas"] for one in value["items"])
        whole = all(one["status"].get("availableReplicas", 0) == one["spec"]["replicas"] for one in value["items"])
        return (
            found == sorted(sizes)
            and whole
            and all(one["status"]["replicas"] == one["spec"]["replicas"] for one in value["items"])
        )

    return are_so


def _running(count: int) -> Callable[[Object], bool]:
    return lambda value: len(value["items"]) == count and all(map(_is_ready, value["items"]))


def _is_ready(pod: Object) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])


def _deployed(size: int) -> list[Step]:
    return [post(DEPLOYMENTS, a_workload(replicas=size)), get(_WEB, until=_done(size))]


def _replaced(value: Object) -> bool:
    return _running(1)(value) and "deletionTimestamp" not in value["items"][0]["metadata"]


def _labelled(value: Object) -> Object:
    """By what a Deployment finds it."""
    return {**value, "metadata": {**value["metadata"], "labels": {"app": "web"}}}


CASES: dict[str, list[Step]] = {
    "a deployment in the end": [*_deployed(2), get(REPLICA_SETS, until=_sets(2)), get(PODS, until=_running(2))],
    "a deployment of none": [*_deployed(0), get(REPLICA_SETS, until=_sets(0))],
    "a deployment is scaled": [
        *_deployed(1),
        patch(MERGE, f"{_WEB}/scale", {"spec": {"replicas": 3}}),
        get(_WEB, until=_done(3)),
        patch(MERGE, _WEB, {"spec": {"replicas": 0}}),
        get(_WEB, until=_done(0)),
        get(PODS, until=_running(0)),
    ],
    "a new template": [
        *_deployed(2),
        patch(MERGE, _WEB, {"spec": {"template": a_template("shop/web:2")}}),
        get(_WEB, until=_done(2)),
        get(REPLICA_SETS, until=_sets(0, 2)),
        patch(MERGE, _WEB, {"spec": {"template": a_template("shop/web:1")}}),
        get(_WEB, until=_done(2)),
        get(REPLICA_SETS, until=_sets(0, 2)),
    ],
    "a paused deployment": [
        *_deployed(1),
        patch(MERGE, _WEB, {"spec": {"paused": True, "template": a_template("shop/web:2")}}),
        get(_WEB, until=lambda value: value["status"]["observedGeneration"] == value["metadata"]["generation"]),
        get(REPLICA_SETS, until=_sets(1)),
        patch(MERGE, _WEB, {"spec": {"paused": False}}),
        get(_WEB, until=_done(1)),
    ],
    "an image that cannot be had": [
        *_deployed(1),
        patch(MERGE, _WEB, {"spec": {"template": a_template("missing.example/web:2")}}),
        get(REPLICA_SETS, until=lambda value: sorted(one["status"]["replicas"] for one in value["items"]) == [1, 1]),
    ],
    "a pod is deleted": [
        *_deployed(1),
        get(PODS, until=_running(1)),
        delete(f"{PODS}/@2:items.0.metadata.name"),
        get(PODS, until=_replaced),
        get(_WEB, until=_done(1)),
    ],
    "a replica set alone": [
        post(REPLICA_SETS, a_workload("ReplicaSet", replicas=2)),
        get(f"{REPLICA_SETS}/web", until=lambda value: value["status"].get("availableReplicas") == 2),
        patch(MERGE, f"{REPLICA_SETS}/web", {"spec": {"replicas": 1}}),
        get(f"{REPLICA_SETS}/web", until=lambda value: value["status"]["replicas"] == 1),
    ],
    "a deployment takes a replica set in": [
        post(REPLICA_SETS, _labelled(a_workload("ReplicaSet", replicas=1))),
        get(f"{REPLICA_SETS}/web", until=lambda value: value["status"].get("availableReplicas") == 1),
        post(DEPLOYMENTS, a_workload(replicas=1)),
        get(_WEB, until=_done(1)),
        get(
            REPLICA_SETS,
            until=lambda value: len(value["items"]) == 1 and "ownerReferences" in value["items"][0]["metadata"],
        ),
    ],
    "a deployment leaves its replica set": [
        *_deployed(1),
        delete(_WEB, {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Orphan"}),
        get(REPLICA_SETS, until=lambda value: "ownerReferences" not in value["items"][0]["metadata"]),
        get(PODS, until=_running(1)),
    ],
    "a service and its pods": [
        post(SERVICES, a_service()),
        get(f"{ENDPOINTS}/web", until=lambda value: value["kind"] == "Endpoints"),
        get(f"{SLICES}?labelSelector=kubernetes.io/service-name%3Dweb", until=lambda value: len(value["items"]) == 1),
        *_deployed(1),
        get(f"{ENDPOINTS}/web", until=lambda value: value["subsets"][0]["addresses"]),
        get(
            f"{SLICES}?labelSelector=kubernetes.io/service-name%3Dweb",
            until=lambda value: value["items"][0]["endpoints"][0]["conditions"]["ready"],
        ),
        patch(MERGE, f"{SERVICES}/web", {"spec": {"selector": {"app": "nobody"}}}),
        get(f"{ENDPOINTS}/web", until=lambda value: "subsets" not in value),
        delete(f"{SERVICES}/web"),
        get(f"{ENDPOINTS}/web", until=lambda value: value["code"] == 404),
    ],
    "an autoscaler holds the size": [
        *_deployed(1),
        post(AUTOSCALERS, an_autoscaler()),
        get(_WEB, until=_done(2)),
        get(f"{AUTOSCALERS}/web", until=lambda value: value["status"]["currentReplicas"] == 2),
    ],
    "a job that is suspended": [
        post(JOBS, a_job(suspend=True)),
        get(f"{JOBS}/once", until=lambda value: value["status"]),
    ],
}
