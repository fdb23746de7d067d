"""Deployments are tried before pods move: what the API server says of them, and that it is asked once."""

import pytest

from libs.workload.dialogue.answers import explain
from libs.workload.dialogue.wanted import Request, Stage
from libs.workload.kinds.objects import Object, identity
from tests.unit.workload.build import V2, deployment, goal, plain
from tests.unit.workload.cluster import Cluster
from tests.unit.workload.executor import Executor

SPACE = plain("Namespace", "shop", namespace="")


def trials(cluster: Cluster) -> list[Request]:
    return [request for request in cluster.writes if "dryRun=All" in request.path]


@pytest.mark.parametrize("count", [1, 2])
def test_each_deployment_is_tried_once(count: int) -> None:
    cluster = Cluster()
    executor = Executor(cluster)
    wanted = goal(Stage.APPLY, tuple(deployment(name=f"web{index}") for index in range(count)))
    executor.until_settled(wanted)
    executor.until_settled(wanted)
    assert [one.what for one in trials(cluster)] == [
        f"try to apply Deployment shop/web{index}" for index in range(count)
    ]
    assert cluster.live == {}


def test_live_deployment_is_left_alone() -> None:
    cluster = Cluster()
    live = cluster.put(deployment(image="web:0"))
    executor = Executor(cluster)
    executor.read[identity(live)] = live
    executor.until_settled(goal(Stage.APPLY, (deployment(),)))
    assert [one.path.partition("?")[0].endswith("/web") for one in trials(cluster)] == [False]


def test_trial_waits_for_namespace() -> None:
    cluster = Cluster()
    executor = Executor(cluster)
    executor.read[identity(SPACE)] = None
    executor.once(goal(Stage.APPLY, (SPACE, deployment())))
    assert trials(cluster) == []
    cluster.live[identity(SPACE)]["status"] = {"phase": "Active"}
    executor.read[identity(SPACE)] = cluster.live[identity(SPACE)]
    executor.until_settled(goal(Stage.APPLY, (SPACE, deployment())))
    assert len(trials(cluster)) == 1


def test_api_servers_words_are_final() -> None:
    cluster = Cluster()
    Executor(cluster).until_settled(goal(Stage.APPLY, (deployment(),), marks=V2))
    words = "failed to create typed patch object: .spec.template.spec.containers[0].imag: field not declared in schema"
    status: Object = {"kind": "Status", "code": 500, "message": words}
    refused = explain(trials(cluster)[0], 500, status)
    assert refused.terminal
    assert refused.reason == f"try to apply Deployment shop/web: {words}"
