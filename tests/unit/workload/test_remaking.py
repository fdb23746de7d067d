"""A Deployment taken over by a rollout that goes back: the cluster is as it was, but for what is named here."""

import pytest

from libs.workload.dialogue.wanted import Stage
from libs.workload.kinds.naming import (
    APPLICATION,
    ENVIRONMENT,
    MANAGED_LABEL,
    RETURNED_BY,
    WORKLOAD,
    Marks,
    rollout_annotations,
)
from libs.workload.kinds.objects import Object, deployment_identity, replica_set_identity, table
from tests.unit.workload.build import deployment, plain
from tests.unit.workload.cluster import Cluster, copied
from tests.unit.workload.test_reconcile import begun, sizes

ALLOWED = {"uid", "resourceVersion", "generation", "managedFields"}
OUR_MARKS = {APPLICATION, ENVIRONMENT, WORKLOAD, RETURNED_BY}


def made_with_kubectl(entry: Object) -> Cluster:
    """A Deployment that somebody else owns, and its version."""
    cluster = Cluster()
    live = cluster.put(deployment(4))
    live["metadata"] |= {"labels": {"team": "shop"}, "annotations": {"note": "mine"}, "managedFields": [entry]}
    owner = {"uid": live["metadata"]["uid"], "kind": "Deployment", "controller": True}
    made = plain("ReplicaSet", "web-1", "apps/v1", spec={"replicas": 4, "template": live["spec"]["template"]})
    made["metadata"]["ownerReferences"] = [owner]
    cluster.put(made)
    cluster.run()
    return cluster


KUBECTL = {"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:spec": {"f:template": {}}}}
FLUX = {"manager": "flux", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {}}}}


@pytest.mark.parametrize(
    ("entry", "method", "manager"),
    [(KUBECTL, "POST", "kubectl-client-side-apply"), (FLUX, "PATCH", "flux"), ({}, "POST", "fairlead")],
)
def test_return_makes_the_deployment_again(entry: Object, method: str, manager: str) -> None:
    cluster = made_with_kubectl(entry)
    before = {where: copied(live) for where, live in cluster.live.items()}
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 50))
    executor.until_settled(goals(Stage.RETURN))
    made = [request for request in cluster.writes if request.target.kind == "Deployment"][-1]
    assert (made.method, f"fieldManager={manager}&" in made.path) == (method, True)
    assert {where: as_left(live) for where, live in cluster.live.items()} == {
        where: as_left(live) for where, live in before.items()
    }


def as_left(live: Object) -> Object:
    """Without what a return may leave behind, each named: marks of ours, and what the API server keeps."""
    kept = {key: value for key, value in live["metadata"].items() if key not in ALLOWED}
    labels = {key: one for key, one in table(live, "metadata", "labels").items() if key != MANAGED_LABEL}
    annotations = {
        key: one
        for key, one in table(live, "metadata", "annotations").items()
        if key not in OUR_MARKS and not rollout_annotations({key: one})
    }
    owners = [one["kind"] for one in live["metadata"].get("ownerReferences", [])]
    metadata = {**kept, "labels": labels, "annotations": annotations, "ownerReferences": owners}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}


def test_deployment_that_is_back_is_its_controllers() -> None:
    cluster = made_with_kubectl(KUBECTL)
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 50))
    executor.until_settled(goals(Stage.RETURN))
    cluster.scale(replica_set_identity("shop", "web-1"), 6)
    cluster.run()
    executor.until_settled(goals(Stage.RETURN))
    assert sizes(cluster) == {"web-1": 6}


def test_deployment_in_its_place_is_left_alone() -> None:
    cluster = made_with_kubectl(KUBECTL)
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 50))
    theirs = cluster.put(deployment(4, "web:7"))["metadata"]["uid"]
    executor.until_settled(goals(Stage.RETURN))
    assert cluster.live[deployment_identity("shop", "web")]["metadata"]["uid"] == theirs
    assert sizes(cluster) == {"web-1": 4}


def test_live_deployment_is_taken_over() -> None:
    cluster = made_with_kubectl({})
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 25))
    assert deployment_identity("shop", "web") not in cluster.live
    assert sorted(sizes(cluster).values()) == [1, 3]
    executor.until_settled(goals(Stage.RETURN))
    assert sizes(cluster) == {"web-1": 4}
    again, _ = begun(cluster, (deployment(4, "web:3"),), Marks("shop", "prod", "third"))
    found = again.survey((deployment(4, "web:3"),), Marks("shop", "prod", "third"))
    assert [version.replica_set for version in found.workloads[0].previous] == ["web-1"]
