"""Whole rollouts against the model cluster: how many writes, in what order, and what is left."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from libs.messages.rollout import Workload
from libs.workload.dialogue.fence import Fence
from libs.workload.dialogue.outlook import Outlook
from libs.workload.dialogue.wanted import APPLY_PATCH, Problem, Snapshot, Stage, Superseded, Wanted
from libs.workload.kinds.naming import (
    AGAIN,
    APPLICATION,
    CLOSED,
    DEPLOYMENT_ID,
    ENVIRONMENT,
    FIRST_APPLY,
    ONLY,
    PLACE_TAKEN,
    Marks,
    rollout_annotation,
)
from libs.workload.kinds.objects import (
    Identity,
    Object,
    annotation,
    deployment_identity,
    identity,
    number,
    replica_set_identity,
)
from libs.workload.reconcile import reconcile
from tests.unit.workload.build import FIRST, SECOND, V1, V2, deployment, goal, plain, service, settings
from tests.unit.workload.cluster import Cluster
from tests.unit.workload.executor import Executor, awaited, settled

Goals = Callable[..., Wanted]


def begun(cluster: Cluster, objects: tuple[Object, ...], marks: Marks = V2) -> tuple[Executor, Goals]:
    """A surveyed rollout: its executor, and its goals by stage and weight."""
    executor = Executor(cluster)
    found = executor.survey(objects, marks)
    snapshot = msgspec.json.decode(msgspec.json.encode(found.snapshot), type=Snapshot)

    def goals(stage: Stage, weight: int = 0, fence: Fence = FIRST) -> Wanted:
        return goal(stage, objects, found.workloads, snapshot, weight, marks, fence)

    return executor, goals


def released(cluster: Cluster, objects: tuple[Object, ...], marks: Marks = V1) -> Workload:
    executor, goals = begun(cluster, objects, marks)
    for wanted in (goals(Stage.APPLY), goals(Stage.WEIGHT, 100), goals(Stage.FINISH)):
        executor.until_settled(wanted)
    return goals(Stage.FINISH).workloads[0]


def sizes(cluster: Cluster) -> dict[str, int]:
    return {
        where.name: number(live, "spec", "replicas") for where, live in cluster.live.items() if "Repl" in where.kind
    }


def test_first_version_goes_straight_to_full_size() -> None:
    cluster = Cluster()
    executor, goals = begun(cluster, (deployment(4),))
    executor.until_settled(goals(Stage.WEIGHT, 25))
    assert list(sizes(cluster).values()) == [4]
    assert [request.method for request in cluster.writes] == ["POST"]


def test_three_weights_cost_few_requests() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4), service(), settings(colour="blue")))
    cluster.writes.clear()
    cluster.requests = 0
    objects = (deployment(4, "web:2"), service(), settings(colour="green"))
    executor, goals = begun(cluster, objects)
    executor.until_settled(goals(Stage.APPLY))
    shares = []
    for weight in (25, 50, 100):
        executor.until_settled(goals(Stage.WEIGHT, weight))
        shares.append(sizes(cluster))
    executor.until_settled(goals(Stage.FINISH))
    new = goals(Stage.FINISH).workloads[0].replica_set
    assert shares == [{old.replica_set: s, new: n} for n, s in ((1, 3), (2, 2), (4, 0))]
    assert sizes(cluster) == {new: 4}
    assert len(cluster.writes) <= 12
    assert cluster.requests <= 25


@pytest.mark.parametrize(("weight", "back"), [(50, 75), (50, 25)])
def test_capacity_comes_before_it_goes(weight: int, back: int) -> None:
    cluster = Cluster()
    released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.APPLY))
    executor.until_settled(goals(Stage.WEIGHT, weight))
    coming, going = awaited(goals(Stage.WEIGHT, back), executor.seen()).requests
    assert (coming.what[-11:], going.what[-11:]) == ("from 2 to 3", "from 2 to 1")


def test_what_is_deleted_meanwhile_is_not_made_again() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4), settings(a="1")))
    executor, goals = begun(cluster, (deployment(4), settings(a="2")))
    change = next(one for one in awaited(goals(Stage.APPLY), executor.seen()).requests if "ConfigMap" in one.what)
    del cluster.live[identity(settings())]
    code, _ = cluster.send(change)
    assert code == 409
    assert identity(settings()) not in cluster.live


def test_return_restores_everything() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4), service(80), settings(colour="blue")))
    before = cluster.live[identity(settings())]["data"], cluster.live[identity(service())]["spec"]
    secret = plain("ServiceAccount", "extra")
    executor, goals = begun(cluster, (deployment(4, "web:2"), service(81), settings(colour="green", new="1"), secret))
    executor.until_settled(goals(Stage.APPLY))
    executor.until_settled(goals(Stage.WEIGHT, 100))
    assert identity(secret) in cluster.live
    executor.until_settled(goals(Stage.RETURN))
    assert sizes(cluster) == {old.replica_set: 4}
    assert (cluster.live[identity(settings())]["data"], cluster.live[identity(service())]["spec"]) == before
    assert identity(secret) not in cluster.live


def test_namespace_is_never_deleted() -> None:
    cluster = Cluster()
    space = plain("Namespace", "shop", namespace="", status={"phase": "Active"})
    executor, goals = begun(cluster, (space, settings(a="1")))
    executor.once(goals(Stage.APPLY))
    cluster.live[identity(space)]["status"] = {"phase": "Active"}
    executor.read[identity(space)] = cluster.live[identity(space)]
    executor.until_settled(goals(Stage.APPLY))
    executor.until_settled(goals(Stage.RETURN))
    assert set(cluster.live) == {identity(space)}


def test_later_ranks_wait_for_namespace() -> None:
    cluster = Cluster()
    space = plain("Namespace", "shop", namespace="")
    executor, goals = begun(cluster, (settings(a="1"), space))
    assert [request.target for request in executor.once(goals(Stage.APPLY))] == [identity(space)]
    assert executor.once(goals(Stage.APPLY)) == ()
    assert not settled(goals(Stage.APPLY), executor.seen())


@pytest.mark.feature("F61")
def test_every_object_says_whose_it_is() -> None:
    cluster = Cluster()
    released(cluster, (deployment(1), service(), settings(colour="blue")))
    names = (APPLICATION, ENVIRONMENT, DEPLOYMENT_ID)
    told = {where.kind: tuple(annotation(live, name) for name in names) for where, live in cluster.live.items()}
    whose = (V1.application, V1.environment, V1.deployment)
    assert told == dict.fromkeys(("ReplicaSet", "Service", "ConfigMap"), whose)


def test_restart_writes_nothing_again() -> None:
    cluster = Cluster()
    objects = (deployment(4), service(), settings(a="1"))
    executor, goals = begun(cluster, objects)
    executor.until_settled(goals(Stage.APPLY))
    executor.until_settled(goals(Stage.WEIGHT, 100))
    cluster.writes.clear()
    other = Executor(cluster)
    for wanted in (goals(Stage.APPLY), goals(Stage.WEIGHT, 100)):
        other.until_settled(wanted)
    assert cluster.writes == []


def test_broken_version_stops_and_goes_freely() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4, maxSurge=1, maxUnavailable=0),))
    executor, goals = begun(cluster, (deployment(4, "web:2", maxSurge=1, maxUnavailable=0),))
    new = goals(Stage.WEIGHT).workloads[0].replica_set
    cluster.broken.add(new)
    for _ in range(5):
        executor.once(goals(Stage.WEIGHT, 100))
        cluster.run()
    assert sizes(cluster) == {old.replica_set: 4, new: 1}
    assert "0 of 4 pods are available" in awaited(goals(Stage.WEIGHT, 100), executor.seen()).hindrance
    cluster.writes.clear()
    executor.until_settled(goals(Stage.RETURN))
    assert sizes(cluster) == {old.replica_set: 4}
    assert [request.method for request in cluster.writes] == ["PATCH", "DELETE"]


def test_missing_stable_version_is_made_again() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 50))
    del cluster.live[replica_set_identity("shop", old.replica_set)]
    executor.read.clear()
    executor.until_settled(goals(Stage.RETURN))
    assert sizes(cluster) == {old.replica_set: 4}


def test_changed_deployment_is_not_taken_over() -> None:
    cluster = Cluster()
    cluster.put(deployment(4))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    cluster.live[deployment_identity("shop", "web")]["metadata"]["generation"] += 1
    executor.read[deployment_identity("shop", "web")] = cluster.live[deployment_identity("shop", "web")]
    assert isinstance(reconcile(goals(Stage.WEIGHT, 25), executor.seen()), Problem)


def test_newer_epoch_stops_the_older() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 25))
    Executor(cluster).until_settled(goals(Stage.WEIGHT, 50, SECOND))
    assert isinstance(reconcile(goals(Stage.WEIGHT, 100), executor.seen()), Superseded)


def test_take_over_claims_before_it_moves() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 25))
    before = sizes(cluster)
    claims = Executor(cluster).once(goals(Stage.WEIGHT, 50, SECOND))
    assert [request.what.split()[0] for request in claims] == ["claim", "claim"]
    assert sizes(cluster) == before


def test_another_application_is_named() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    live = cluster.live[replica_set_identity("shop", old.replica_set)]
    live["metadata"]["annotations"]["deploy.armory.io/application"] = "other"
    decision = reconcile(goals(Stage.WEIGHT, 25), executor.seen())
    assert isinstance(decision, Problem)
    assert "'other'" in decision.reason


def test_one_mark_is_left_behind() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 25))
    stable = goals(Stage.WEIGHT).workloads[0].previous[0].replica_set
    annotations = cluster.live[replica_set_identity("shop", stable)]["metadata"]["annotations"]
    assert [name for name in annotations if "/rollout." in name] == [rollout_annotation(V2)]


def test_decision_is_not_repeated_once_answered() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    assert executor.once(goals(Stage.WEIGHT, 25))
    assert awaited(goals(Stage.WEIGHT, 25), executor.seen()).requests == ()


def test_finish_waits_for_available_pods() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 100))
    new = replica_set_identity("shop", goals(Stage.WEIGHT).workloads[0].replica_set)
    for pod in cluster.pods[new][:2]:
        pod["status"] = {"conditions": []}
    cluster.report(new)
    assert executor.once(goals(Stage.FINISH)) == ()
    assert old.replica_set in sizes(cluster)


@pytest.mark.parametrize("fields", [{"maxSurge": 0, "maxUnavailable": 1}, {"maxSurge": 1, "maxUnavailable": 0}])
@pytest.mark.parametrize("replicas", [1, 2, 3, 7])
def test_every_limit_arrives(fields: dict[str, object], replicas: int) -> None:
    cluster = Cluster()
    released(cluster, (deployment(replicas, **fields),))
    executor, goals = begun(cluster, (deployment(replicas, "web:2", **fields),))
    for weight in (10, 50, 90, 30, 100):
        executor.until_settled(goals(Stage.WEIGHT, weight))
    executor.until_settled(goals(Stage.FINISH))
    assert list(sizes(cluster).values()) == [replicas]


def test_revision_counts_on() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 25))
    new = replica_set_identity("shop", goals(Stage.WEIGHT).workloads[0].replica_set)
    assert annotation(cluster.live[new], "fairlead.dev/revision") == "2"


def test_late_write_of_an_older_epoch_cannot_undo_a_return() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    decision = reconcile(goals(Stage.WEIGHT, 25), executor.seen())
    assert isinstance(decision, Outlook)
    Executor(cluster).until_settled(goals(Stage.RETURN, fence=SECOND))
    late = [request for request in decision.requests if request.method == "PATCH"]
    assert [cluster.send(request)[0] for request in late] == [409]
    late = [request for request in decision.requests if request.method == "POST"]
    assert [cluster.send(request)[0] for request in late] == [409]
    assert sizes(cluster) == {old.replica_set: 4, late[0].target.name: 0}


def test_settings_go_back_before_pods_and_services_after() -> None:
    cluster = Cluster()
    released(cluster, (deployment(4), service(80), settings(colour="blue")))
    executor, goals = begun(cluster, (deployment(4, "web:2"), service(81), settings(colour="green")))
    executor.until_settled(goals(Stage.APPLY))
    executor.until_settled(goals(Stage.WEIGHT, 50))
    cluster.writes.clear()
    executor.until_settled(goals(Stage.RETURN))
    kinds = [request.target.kind for request in cluster.writes]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("ConfigMap", "Service", {"ReplicaSet"})


def test_taken_field_does_not_hold_back_capacity() -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4), settings(colour="blue")))
    executor, goals = begun(cluster, (deployment(4, "web:2"), settings(colour="green")))
    executor.until_settled(goals(Stage.APPLY))
    executor.until_settled(goals(Stage.WEIGHT, 100))
    for _ in range(20):
        decision = reconcile(goals(Stage.RETURN), executor.seen())
        assert isinstance(decision, Outlook)
        for request in decision.requests:
            if request.target.kind != "ConfigMap":
                executor.ask(request)
        cluster.run()
    assert sizes(cluster) == {old.replica_set: 4}
    assert not settled(goals(Stage.RETURN), executor.seen())


@pytest.mark.parametrize(("later", "left"), [(60, 1), (600, 0)])
def test_place_is_kept_while_its_create_may_come(later: int, left: int) -> None:
    cluster = Cluster()
    old = released(cluster, (deployment(4),))
    executor, goals = begun(cluster, (deployment(4, "web:2"),))
    executor.until_settled(goals(Stage.WEIGHT, 100))
    made = datetime(2026, 1, 1, tzinfo=UTC)
    for where, live in cluster.live.items():
        if where.kind == "ReplicaSet":
            is_old = where.name == old.replica_set
            at = made if is_old else made + timedelta(seconds=later)
            live["metadata"]["creationTimestamp"] = at.isoformat()
            live["metadata"].setdefault("annotations", {})[PLACE_TAKEN] = "true"
    executor.until_settled(goals(Stage.FINISH))
    assert [size for name, size in sizes(cluster).items() if name == old.replica_set] == [0] * left


LATE = frozenset({identity(settings())})


@pytest.mark.parametrize(("late", "first"), [(frozenset(), ONLY), (LATE, AGAIN)])
def test_create_says_whether_it_is_the_only_one(late: frozenset[Identity], first: str) -> None:
    executor, goals = begun(Cluster(), (settings(a="1"),))
    (made,) = executor.once(replace(goals(Stage.APPLY), late=late))
    assert isinstance(made.body, dict)
    assert annotation(made.body, FIRST_APPLY) == first


def test_create_that_comes_late_changes_nothing() -> None:
    cluster = Cluster()
    executor, goals = begun(cluster, (settings(a="1"),))
    (lost,) = awaited(goals(Stage.APPLY), executor.seen()).requests
    executor.until_settled(replace(goals(Stage.APPLY), late=LATE))
    assert annotation(cluster.live[identity(settings())], FIRST_APPLY) == CLOSED
    executor, goals = begun(cluster, (settings(a="2"),), Marks("shop", "prod", "3"))
    executor.until_settled(goals(Stage.APPLY))
    code, _ = cluster.send(lost)
    assert (code, cluster.live[identity(settings())]["data"]) == (409, {"a": "2"})


def test_closed_object_goes_back_to_what_it_was() -> None:
    cluster = Cluster()
    executor, goals = begun(cluster, (settings(a="1"),), V1)
    executor.until_settled(goals(Stage.APPLY))
    executor, goals = begun(cluster, (settings(a="2"),))
    executor.until_settled(replace(goals(Stage.APPLY), late=LATE))
    executor.until_settled(replace(goals(Stage.RETURN), late=LATE))
    assert cluster.live[identity(settings())]["data"] == {"a": "1"}


def test_nothing_is_closed_where_no_create_may_come() -> None:
    cluster = Cluster()
    executor, goals = begun(cluster, (settings(a="1"),))
    executor.until_settled(goals(Stage.APPLY))
    assert [request.content_type for request in cluster.writes] == [APPLY_PATCH]


def test_return_ends_when_no_create_can_come() -> None:
    cluster = Cluster()
    executor, goals = begun(cluster, (settings(a="1"),))
    (lost,) = awaited(goals(Stage.APPLY), executor.seen()).requests
    returning = replace(goals(Stage.RETURN), late=LATE)
    assert "may still come" in awaited(returning, executor.seen()).hindrance
    cluster.send(lost)
    for request in awaited(returning, executor.seen()).polls:
        executor.ask(request)
    executor.until_settled(goals(Stage.RETURN))
    assert identity(settings()) not in cluster.live


def test_namespace_that_may_come_holds_up_no_return() -> None:
    space = plain("Namespace", "shop", namespace="")
    executor, goals = begun(Cluster(), (space,))
    executor.until_settled(replace(goals(Stage.RETURN), late=frozenset({identity(space)})))
