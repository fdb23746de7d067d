"""Autoscalers against the model cluster: away while a release moves pods, back in the end, and never fought."""

from typing import Any

import msgspec
import pytest

from libs.workload.autoscaling.aims import sized
from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.wanted import Snapshot, Stage, Swap, Wanted
from libs.workload.kinds.naming import Marks
from libs.workload.kinds.objects import (
    Identity,
    Object,
    deployment_identity,
    identity,
    number,
    replica_set_identity,
    table,
    text,
)
from libs.workload.reconcile import reconcile
from libs.workload.traffic.swapping import DONE
from tests.unit.workload.build import FIRST, V1, V2, deployment, goal, plain
from tests.unit.workload.cluster import Cluster
from tests.unit.workload.executor import Executor, awaited, settled

BACK = Swap(traffic_to_new=False, stable_runs=True)


def autoscaler(name: str = "web", version: str = "v2", most: int = 20, of: str = "web") -> Object:
    aim = {"apiVersion": "apps/v1", "kind": "Deployment", "name": of}
    spec = {"scaleTargetRef": aim, "minReplicas": 2, "maxReplicas": most}
    return plain("HorizontalPodAutoscaler", name, f"autoscaling/{version}", spec=spec)


SCALER = identity(autoscaler())


def without_size(value: Object) -> Object:
    return {**value, "spec": {name: one for name, one in value["spec"].items() if name != "replicas"}}


class Release:
    def __init__(self, cluster: Cluster, *objects: Object, marks: Marks = V2, **how: Any) -> None:
        self.objects, self.marks, self.how = objects, marks, how
        self.cluster, self.executor = cluster, Executor(cluster)
        self.survey = self.executor.survey(objects, marks)

    def goal(self, stage: Stage, weight: int = 0) -> Wanted:
        snapshot = msgspec.json.decode(msgspec.json.encode(self.survey.snapshot), type=Snapshot)
        wanted = goal(stage, self.objects, self.survey.workloads, snapshot, weight, self.marks, FIRST)
        return msgspec.structs.replace(wanted, **self.how)

    def reach(self, stage: Stage, weight: int = 0) -> None:
        self.executor.until_settled(self.goal(stage, weight))

    def succeed(self) -> "Release":
        self.reach(Stage.APPLY)
        self.reach(Stage.WEIGHT, 100)
        self.reach(Stage.FINISH)
        return self

    @property
    def new(self) -> Identity:
        return replica_set_identity("shop", self.survey.workloads[0].replica_set)


def aim(cluster: Cluster, place: Identity = SCALER) -> str:
    return text(cluster.live[place], "spec", "scaleTargetRef", "name")


def size(cluster: Cluster, where: Identity) -> int:
    return number(cluster.live[where], "spec", "replicas")


def scaled_to(count: int, *objects: Object) -> tuple[Cluster, Identity]:
    """Version 1 in place, and what its autoscaler made of its size since."""
    cluster = Cluster()
    first = Release(cluster, *(objects or (deployment(4), autoscaler())), marks=V1).succeed()
    cluster.scale(first.new, count)
    cluster.run()
    return cluster, first.new


@pytest.mark.feature("F66")
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_first_version_is_followed_in_the_end(version: str) -> None:
    cluster = Cluster()
    release = Release(cluster, without_size(deployment()), autoscaler(version=version))
    release.reach(Stage.APPLY)
    release.reach(Stage.WEIGHT, 100)
    assert SCALER not in cluster.live
    release.reach(Stage.FINISH)
    assert (size(cluster, release.new), aim(cluster)) == (2, release.new.name)
    assert table(cluster.live[SCALER], "spec", "scaleTargetRef")["kind"] == "ReplicaSet"


@pytest.mark.feature("F66")
def test_new_version_begins_with_what_runs() -> None:
    cluster, old = scaled_to(10)
    release = Release(cluster, deployment(4, "web:2"), autoscaler())
    release.reach(Stage.APPLY)
    assert SCALER not in cluster.live
    release.reach(Stage.WEIGHT, 50)
    assert (size(cluster, release.new), size(cluster, old)) == (5, 5)
    release.reach(Stage.WEIGHT, 100)
    release.reach(Stage.FINISH)
    assert (size(cluster, release.new), aim(cluster)) == (10, release.new.name)


@pytest.mark.feature("F66")
def test_size_is_not_ours_once_the_autoscaler_is_there() -> None:
    cluster, _ = scaled_to(10)
    release = Release(cluster, deployment(4, "web:2"), autoscaler()).succeed()
    cluster.scale(release.new, 3)
    again = Executor(cluster)
    cluster.writes.clear()
    again.until_settled(release.goal(Stage.FINISH))
    assert (cluster.writes, size(cluster, release.new)) == ([], 3)


@pytest.mark.feature("F67")
@pytest.mark.parametrize("swap", [None, BACK])
@pytest.mark.parametrize("weight", [None, 0, 50, 100])
def test_return_brings_the_live_one_back(weight: int | None, swap: Swap | None) -> None:
    cluster, old = scaled_to(10)
    cluster.live[SCALER]["spec"]["maxReplicas"] = 50
    cluster.touch(SCALER)
    before = cluster.live[SCALER]["spec"]
    release = Release(cluster, deployment(4, "web:2"), autoscaler())
    release.reach(Stage.APPLY)
    if weight is not None:
        release.reach(Stage.WEIGHT, weight)
    release.how = {"swap": swap}
    release.reach(Stage.RETURN)
    assert (size(cluster, old), release.new in cluster.live) == (10, False)
    assert cluster.live[SCALER]["spec"] == before
    cluster.scale(old, 7)
    cluster.writes.clear()
    release.reach(Stage.RETURN)
    Executor(cluster).until_settled(release.goal(Stage.RETURN))
    assert (cluster.writes, size(cluster, old)) == ([], 7)


def test_autoscaler_comes_back_after_the_pods() -> None:
    cluster, _ = scaled_to(10)
    release = Release(cluster, deployment(4, "web:2"), autoscaler())
    release.reach(Stage.APPLY)
    release.reach(Stage.WEIGHT, 100)
    cluster.writes.clear()
    release.reach(Stage.RETURN)
    assert [request.target.kind for request in cluster.writes].index("HorizontalPodAutoscaler") == (
        len(cluster.writes) - 1
    )


def test_autoscaler_never_taken_away_is_guarded() -> None:
    """A request to delete it, sent before the return and late, must not take it away for good."""
    cluster, old = scaled_to(10)
    release = Release(cluster, deployment(4, "web:2"), autoscaler())
    late = awaited(release.goal(Stage.APPLY), release.executor.seen()).requests[0]
    assert late.method == "DELETE"
    cluster.scale(old, 12)
    release.reach(Stage.RETURN)
    assert (cluster.send(late)[0], aim(cluster), size(cluster, old)) == (409, old.name, 12)


def taken_over() -> Release:
    """A release over a Deployment and an autoscaler that somebody else made."""
    cluster = Cluster()
    owner = cluster.put(deployment(4))["metadata"]["uid"]
    made = plain("ReplicaSet", "web-1", "apps/v1", spec={"replicas": 4, "template": {}})
    made["metadata"]["ownerReferences"] = [{"uid": owner, "kind": "Deployment", "controller": True}]
    cluster.put(made)
    cluster.put(autoscaler())
    cluster.run()
    return Release(cluster, deployment(4, "web:2"), autoscaler())


@pytest.mark.feature("F67")
def test_deployment_taken_over_is_scaled_again() -> None:
    release = taken_over()
    cluster = release.cluster
    release.reach(Stage.WEIGHT, 50)
    release.reach(Stage.RETURN)
    assert (deployment_identity("shop", "web") in cluster.live, aim(cluster)) == (True, "web")
    later = Release(cluster, deployment(4, "web:3"), marks=Marks("shop", "prod", "third"))
    assert [one.identity for one in later.survey.snapshot.autoscalers] == [SCALER]


def test_deployment_not_taken_over_is_scaled_as_before() -> None:
    release = taken_over()
    release.reach(Stage.APPLY)
    assert SCALER not in release.cluster.live
    release.reach(Stage.RETURN)
    assert release.cluster.live[SCALER]["spec"] == autoscaler()["spec"]


def test_what_comes_last_is_tried_before_pods_move() -> None:
    cluster = Cluster()
    release = Release(cluster, deployment(4), autoscaler())
    release.reach(Stage.APPLY)
    tried = [request for request in cluster.writes if "dryRun=All" in request.path]
    objects = ("Deployment", "HorizontalPodAutoscaler")
    assert [request.what for request in tried] == [f"try to apply {kind} shop/web" for kind in objects]
    assert cluster.live == {}


@pytest.mark.feature("F34", "F66")
def test_kept_deployment_is_scaled_itself() -> None:
    cluster = Cluster()
    release = Release(cluster, deployment(4), autoscaler(), keeps_deployment=True)
    release.reach(Stage.WEIGHT, 100)
    for _ in range(4):
        release.executor.once(release.goal(Stage.FINISH))
    owner = cluster.live[deployment_identity("shop", "web")]["metadata"]["uid"]
    cluster.live[release.new]["metadata"]["ownerReferences"] = [{"uid": owner}]
    cluster.touch(release.new)
    release.reach(Stage.FINISH)
    assert table(cluster.live[SCALER], "spec", "scaleTargetRef") == autoscaler()["spec"]["scaleTargetRef"]


@pytest.mark.parametrize(("given", "expected"), [(deployment(4, "web:2"), 4), (without_size(deployment()), 10)])
def test_autoscaler_left_out_is_gone_in_the_end(given: Object, expected: int) -> None:
    cluster, _ = scaled_to(10)
    release = Release(cluster, given).succeed()
    assert (SCALER in cluster.live, size(cluster, release.new)) == (False, expected)


@pytest.mark.feature("F66")
def test_renamed_autoscaler_takes_the_place_of_the_old() -> None:
    cluster, _ = scaled_to(10)
    renamed = autoscaler("other")
    release = Release(cluster, deployment(4, "web:2"), renamed).succeed()
    assert (SCALER in cluster.live, aim(cluster, identity(renamed))) == (False, release.new.name)


@pytest.mark.feature("F66")
def test_each_deployment_has_its_own() -> None:
    def objects(image: str) -> tuple[Object, ...]:
        api = deployment(2, image, name="api")
        return deployment(4, image), autoscaler(), api, autoscaler("api", of="api")

    cluster = Cluster()
    Release(cluster, *objects("web:1"), marks=V1).succeed()
    found = [where for where in cluster.live if where.kind == "ReplicaSet"]
    for where, count in zip(found, (10, 3), strict=True):
        cluster.scale(where, count)
    cluster.run()
    release = Release(cluster, *objects("web:2")).succeed()
    assert [workload.replicas for workload in release.survey.workloads] == [10, 3]
    aims = [aim(cluster), aim(cluster, identity(autoscaler("api")))]
    assert aims == [workload.replica_set for workload in release.survey.workloads]


def test_one_made_meanwhile_is_told() -> None:
    cluster, _ = scaled_to(10)
    release = Release(cluster, deployment(4, "web:2"), autoscaler())
    release.reach(Stage.APPLY)
    cluster.put(autoscaler())
    release.executor.read.pop(SCALER)
    release.executor.once(release.goal(Stage.WEIGHT, 50))
    assert "was made by somebody" in awaited(release.goal(Stage.WEIGHT, 50), release.executor.seen()).hindrance
    release.reach(Stage.RETURN)
    assert settled(release.goal(Stage.RETURN), release.executor.seen())


def test_autoscaler_of_something_else_is_left_alone() -> None:
    cluster, _ = scaled_to(10)
    cluster.live[SCALER]["spec"]["scaleTargetRef"] = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "x"}
    assert Release(cluster, deployment(4, "web:2")).survey.snapshot.autoscalers == ()


def test_blue_green_ends_with_the_autoscaler() -> None:
    cluster, old = scaled_to(10)
    release = Release(cluster, deployment(4, "web:2"), autoscaler(), swap=DONE)
    release.reach(Stage.APPLY)
    release.reach(Stage.SWAP)
    assert (size(cluster, old), size(cluster, release.new), SCALER in cluster.live) == (0, 10, False)
    release.reach(Stage.FINISH)
    cluster.scale(release.new, 12)
    decision = reconcile(release.goal(Stage.FINISH), release.executor.seen())
    assert isinstance(decision, Outlook)
    assert (decision.requests, aim(cluster)) == ((), release.new.name)


@pytest.mark.parametrize(
    ("value", "others", "is_scaled", "running", "expected"),
    [
        (deployment(4), (), False, 10, 4),
        (deployment(4), (), True, 10, 4),
        (without_size(deployment()), (), True, 10, 10),
        (without_size(deployment()), (), False, 10, None),
        (deployment(4), (autoscaler(),), False, 10, 10),
        (deployment(4), (autoscaler(),), True, 0, 4),
        (without_size(deployment()), (autoscaler(),), False, 0, 2),
    ],
)
def test_size_that_a_version_begins_with(
    value: Object, others: tuple[Object, ...], is_scaled: bool, running: int, expected: int | None
) -> None:
    assert sized(value, (value, *others), is_scaled, running)["spec"].get("replicas") == expected
