"""Blue/green against the model cluster: where the Services point at every write, and what is left in the end."""

import msgspec
import pytest

from libs.plan.model import ServicePair
from libs.workload.dialogue.fence import Fence
from libs.workload.dialogue.wanted import Problem, Request, Snapshot, Stage, Swap, Wanted
from libs.workload.kinds.naming import HASH_LABEL, STEERED_BY, Marks
from libs.workload.kinds.objects import Object, annotation, identity, number, table
from libs.workload.snapshot import survey, survey_requests
from tests.unit.workload.build import FIRST, SECOND, V1, V2, deployment, goal, plain, service
from tests.unit.workload.cluster import Answer, Cluster, pod_is_ready
from tests.unit.workload.executor import Executor

PAIR = (ServicePair("web", "web-preview"),)
PREVIEW = plain("Service", "web-preview", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]})
GREEN, REDIRECTED, DONE, BACK = Swap(False, True), Swap(True, True), Swap(True, False), Swap(False, True)


class Watched(Cluster):
    """Checks after each write that whom the active Service leads to has ready pods."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.is_checked = False

    def send(self, request: Request) -> Answer:
        answer = super().send(request)
        live = self.live.get(identity(service()))
        if request.is_write and live is not None and self.is_checked:
            chosen = table(live, "spec", "selector").get(HASH_LABEL, "")
            found = [where for where in self.pods if where.name.endswith(chosen)]
            ready = sum(pod_is_ready(pod) for where in found for pod in self.pods[where][: self._size(where)])
            assert ready >= 4, request.what
            versions = [where for where in self.live if where.kind == "ReplicaSet" and self._size(where)]
            assert chosen or len(versions) <= 1, f"two versions and no choice: {request.what}"
            if self.leads[-1:] != [chosen]:
                self.leads.append(chosen)
        return answer

    def _size(self, where: object) -> int:
        return number(self.live.get(where), "spec", "replicas")  # type: ignore[call-overload]


class Release:
    """A blue/green rollout of `web:2` over what the cluster has."""

    def __init__(
        self, cluster: Cluster, *objects: Object, marks: Marks = V2, pairs: tuple[ServicePair, ...] = PAIR
    ) -> None:
        self.cluster = cluster
        self.objects = objects or (deployment(4, "web:2"),)
        self.executor = Executor(cluster)
        self.marks = marks
        while requests := survey_requests(self.objects, self.executor.seen(), pairs):
            for request in requests:
                self.executor.ask(request)
        self.survey = survey(self.objects, self.executor.seen(), marks, pairs)

    def goal(self, stage: Stage, swap: Swap = GREEN, fence: Fence = FIRST) -> Wanted:
        assert not isinstance(self.survey, Problem), self.survey
        snapshot = msgspec.json.decode(msgspec.json.encode(self.survey.snapshot), type=Snapshot)
        wanted = goal(stage, self.objects, self.survey.workloads, snapshot, 0, self.marks, fence)
        return msgspec.structs.replace(wanted, swap=swap)

    def reach(self, stage: Stage, swap: Swap = GREEN, fence: Fence = FIRST) -> None:
        self.executor.until_settled(self.goal(stage, swap, fence))

    @property
    def new(self) -> str:
        return self.goal(Stage.SWAP).workloads[0].replica_set


def selector(cluster: Cluster, value: Object) -> Object:
    return table(cluster.live[identity(value)], "spec", "selector")


def sizes(cluster: Cluster) -> list[int]:
    found = [live for where, live in cluster.live.items() if where.kind == "ReplicaSet"]
    return [number(live, "spec", "replicas") for live in found]


def stable(*services: Object) -> Watched:
    """Version 1 in place, made by us, with Services that somebody else made."""
    cluster = Watched()
    for value in services:
        cluster.put(value)
    first = Release(cluster, deployment(4), marks=V1)
    first.reach(Stage.SWAP, DONE)
    first.reach(Stage.FINISH, DONE)
    cluster.is_checked = True
    cluster.leads.clear()
    cluster.writes.clear()
    return cluster


@pytest.mark.feature("F80", "F81")
def test_traffic_moves_once_and_services_end_as_they_were() -> None:
    cluster = stable(service(), PREVIEW)
    release = Release(cluster)
    release.reach(Stage.SWAP, GREEN)
    assert sizes(cluster) == [4, 4]
    assert selector(cluster, PREVIEW)[HASH_LABEL] == release.new[-10:]
    assert selector(cluster, service())[HASH_LABEL] != release.new[-10:]
    release.reach(Stage.SWAP, REDIRECTED)
    assert (sizes(cluster), selector(cluster, service())[HASH_LABEL]) == ([4, 4], release.new[-10:])
    release.reach(Stage.SWAP, DONE)
    assert sizes(cluster) == [0, 4]
    release.reach(Stage.FINISH, DONE)
    assert sizes(cluster) == [4]
    assert selector(cluster, service()) == selector(cluster, PREVIEW) == {"app": "web"}
    assert annotation(cluster.live[identity(service())], STEERED_BY) == ""
    assert len(cluster.leads) == 3


@pytest.mark.feature("F84")
@pytest.mark.parametrize("reached", [[], [GREEN], [GREEN, REDIRECTED], [GREEN, REDIRECTED, DONE]])
@pytest.mark.parametrize("fence", [FIRST, SECOND])
def test_return_leaves_everything_as_it_was(reached: list[Swap], fence: Fence) -> None:
    cluster = stable(service(), PREVIEW)
    release = Release(cluster)
    for swap in reached:
        release.reach(Stage.SWAP, swap)
    release.reach(Stage.RETURN, BACK, fence)
    assert [size for size in sizes(cluster) if size] == [4]
    # What an older epoch may still make has its name taken.
    assert len(sizes(cluster)) == fence.epoch
    assert (release.new in {where.name for where in cluster.live}) == (fence is SECOND)
    assert selector(cluster, service()) == selector(cluster, PREVIEW) == {"app": "web"}


def test_broken_green_never_gets_traffic() -> None:
    cluster = stable(service(), PREVIEW)
    release = Release(cluster)
    cluster.broken.add(release.new)
    for _ in range(5):
        release.executor.once(release.goal(Stage.SWAP, DONE))
        cluster.run()
    assert len(cluster.leads) == 1
    assert sizes(cluster) == [4, 4]


def test_plain_deployment_is_told_by_its_own_hash() -> None:
    cluster = Cluster()
    live = cluster.put(deployment(4))
    cluster.put(service())
    cluster.put(PREVIEW)
    made = plain("ReplicaSet", "web-1", "apps/v1")
    labels = {"app": "web", "pod-template-hash": "1"}
    made["spec"] = {"replicas": 4, "template": {}, "selector": {"matchLabels": labels}}
    made["metadata"]["ownerReferences"] = [{"uid": live["metadata"]["uid"], "controller": True}]
    cluster.put(made)
    cluster.run()
    release = Release(cluster)
    release.reach(Stage.SWAP, GREEN)
    assert selector(cluster, service()) == labels
    release.reach(Stage.SWAP, REDIRECTED)
    assert selector(cluster, service()) == {"app": "web", HASH_LABEL: release.new[-10:]}
    release.reach(Stage.RETURN, BACK)
    assert selector(cluster, service()) == {"app": "web"}


def test_several_stable_versions_gather_first() -> None:
    cluster = stable(service(), PREVIEW)
    cluster.is_checked = False
    half = Release(cluster, deployment(4, "web:1b"), marks=Marks("shop", "prod", "half"))
    half.executor.until_settled(msgspec.structs.replace(half.goal(Stage.WEIGHT), weight=50, swap=None))
    release = Release(cluster)
    cluster.leads.clear()
    release.reach(Stage.SWAP, GREEN)
    assert sorted(sizes(cluster)) == [2, 4, 4]
    release.reach(Stage.SWAP, DONE)
    release.reach(Stage.RETURN, BACK)
    assert sorted(sizes(cluster)) == [2, 2]
    assert selector(cluster, service()) == {"app": "web"}


def test_missing_service_is_named() -> None:
    cluster = stable(service(), PREVIEW)
    del cluster.live[identity(PREVIEW)]
    found = Release(cluster).survey
    assert isinstance(found, Problem)
    assert "preview Service 'web-preview' is neither" in found.reason


def test_first_version_needs_its_services() -> None:
    found = Release(Cluster(), deployment(4), service(), marks=V1).survey
    assert isinstance(found, Problem)
    assert "preview Service 'web-preview' is neither in the cluster nor in the manifests" in found.reason


def test_first_version_steers_no_service() -> None:
    found = Release(Cluster(), deployment(4), service(), PREVIEW, marks=V1).survey
    assert not isinstance(found, Problem)
    assert found.snapshot.services == ()


def test_service_of_two_deployments_is_named() -> None:
    cluster = stable(service(), PREVIEW)
    other = deployment(1, name="other")
    for labels in (other["spec"]["selector"]["matchLabels"], other["spec"]["template"]["metadata"]["labels"]):
        labels["app"] = "web"
    found = Release(cluster, deployment(4), other).survey
    assert isinstance(found, Problem)
    assert "selects 2 of the target's Deployments (web, other)" in found.reason


def test_another_rollouts_service_is_refused() -> None:
    cluster = stable(service(), PREVIEW)
    cluster.live[identity(service())]["metadata"]["annotations"] = {STEERED_BY: "application 'other', target 'x'"}
    found = Release(cluster).survey
    assert isinstance(found, Problem)
    assert "application 'other'" in found.reason


def test_applied_service_keeps_its_live_selector() -> None:
    cluster = stable(service(), PREVIEW)
    release = Release(cluster, deployment(4, "web:2"), service(81), PREVIEW)
    release.reach(Stage.APPLY)
    assert selector(cluster, service()) == {"app": "web"}
    release.reach(Stage.SWAP, REDIRECTED)
    narrowed = selector(cluster, service())
    release.reach(Stage.APPLY)
    assert selector(cluster, service()) == narrowed


PAIRS = (ServicePair("web", "web-preview"), ServicePair("api", "api-preview"))


def named(name: str, of: str) -> Object:
    return plain("Service", name, spec={"selector": {"app": of}, "ports": [{"port": 80}]})


@pytest.mark.feature("F85")
@pytest.mark.parametrize("stage", [Stage.FINISH, Stage.RETURN])
def test_each_pair_follows_its_own_deployment(stage: Stage) -> None:
    every = [named(name, name.partition("-")[0]) for name in ("web", "web-preview", "api", "api-preview")]
    cluster = Cluster()
    for value in every:
        cluster.put(value)

    def objects(image: str) -> tuple[Object, Object]:
        return deployment(4, image), deployment(2, image, name="api")

    first = Release(cluster, *objects("web:1"), marks=V1, pairs=PAIRS)
    for reached in (Stage.SWAP, Stage.FINISH):
        first.reach(reached, DONE)
    release = Release(cluster, *objects("web:2"), pairs=PAIRS)
    new = {one.name: one.replica_set[-10:] for one in release.goal(Stage.SWAP).workloads}
    release.reach(Stage.SWAP, GREEN)
    leads = [selector(cluster, value)[HASH_LABEL] for value in every]
    assert (leads[1], leads[3]) == (new["web"], new["api"])
    assert {leads[0], leads[2]}.isdisjoint(new.values())
    release.reach(Stage.SWAP, REDIRECTED)
    leads = [selector(cluster, value)[HASH_LABEL] for value in every]
    assert leads == [new["web"], new["web"], new["api"], new["api"]]
    release.reach(stage, DONE if stage is Stage.FINISH else BACK)
    assert sorted(sizes(cluster)) == [2, 4]
    assert [selector(cluster, value) for value in every] == [{"app": of} for of in ("web", "web", "api", "api")]


@pytest.mark.feature("F85")
def test_no_pair_moves_while_one_lacks_pods() -> None:
    every = [named(name, name.partition("-")[0]) for name in ("web", "web-preview", "api", "api-preview")]
    cluster = Cluster()
    for value in every:
        cluster.put(value)
    first = Release(cluster, deployment(4), deployment(2, name="api"), marks=V1, pairs=PAIRS)
    for reached in (Stage.SWAP, Stage.FINISH):
        first.reach(reached, DONE)
    release = Release(cluster, deployment(4, "web:2"), deployment(2, "web:2", name="api"), pairs=PAIRS)
    new = [one.replica_set for one in release.goal(Stage.SWAP).workloads]
    cluster.broken.add(new[1])
    for _ in range(6):
        release.executor.once(release.goal(Stage.SWAP, DONE))
        cluster.run()
    leads = {selector(cluster, every[index])[HASH_LABEL] for index in (0, 2)}
    assert leads.isdisjoint(name[-10:] for name in new)
