"""Custom resources are waited for with the last pod, in words that name them."""

import msgspec
import pytest

from libs.workload.dialogue.wanted import Stage, Wanted
from libs.workload.kinds.objects import Object, identity
from tests.unit.workload.build import deployment, goal, plain
from tests.unit.workload.cluster import Cluster
from tests.unit.workload.executor import Executor, awaited, settled

WIDGET = plain("Widget", "main", "example.org/v1", spec={"size": 1})


def last(stage: Stage, executor: Executor, objects: tuple[Object, ...]) -> Wanted:
    found = executor.survey(objects)
    wanted = goal(stage, objects, found.workloads, found.snapshot, 100)
    return msgspec.structs.replace(wanted, is_last=True)


def report(cluster: Cluster, ready: str) -> None:
    live = cluster.live[identity(WIDGET)]
    live["status"] = {"conditions": [{"type": "Ready", "status": ready, "message": "no disk"}]}
    cluster.touch(identity(WIDGET))


@pytest.mark.feature("F64")
def test_widget_is_waited_for_with_the_last_pod() -> None:
    cluster = Cluster()
    executor = Executor(cluster)
    objects = (deployment(2), WIDGET)
    apply = msgspec.structs.replace(last(Stage.APPLY, executor, objects), is_last=False)
    executor.until_settled(apply)
    wanted = msgspec.structs.replace(apply, stage=Stage.WEIGHT, is_last=True)
    report(cluster, "False")
    for _ in range(4):
        executor.once(wanted)
        cluster.run()
        for poll in awaited(wanted, executor.seen()).polls:
            executor.ask(poll)
    assert awaited(wanted, executor.seen()).hindrance == "Widget shop/main: no disk"
    report(cluster, "True")
    executor.until_settled(wanted)


def test_target_without_a_deployment_waits_at_once() -> None:
    cluster = Cluster()
    executor = Executor(cluster)
    wanted = last(Stage.APPLY, executor, (WIDGET,))
    executor.once(wanted)
    report(cluster, "False")
    for poll in awaited(wanted, executor.seen()).polls:
        executor.ask(poll)
    assert not settled(wanted, executor.seen())


def test_what_is_ready_by_hearsay_is_read_once_more() -> None:
    cluster = Cluster()
    executor = Executor(cluster)
    wanted = last(Stage.APPLY, executor, (WIDGET,))
    executor.once(wanted)
    found = awaited(wanted, executor.seen())
    assert ([poll.target for poll in found.polls], found.is_settled) == ([identity(WIDGET)], True)


def test_what_is_gone_is_told() -> None:
    cluster = Cluster()
    executor = Executor(cluster)
    wanted = last(Stage.WEIGHT, executor, (WIDGET,))
    assert "it is gone" in awaited(wanted, executor.seen()).hindrance
