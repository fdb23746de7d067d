"""What people are shown of a rollout's pods."""

from datetime import UTC, datetime

from libs.messages.live import LiveTarget
from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.objects import Identity, Object, replica_set_identity
from services.executor.progress import MOST_PODS, live_target
from tests.builders import a_rollout

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def replica_set(name: str, image: str, replicas: int = 4, **status: int) -> Object:
    template = {"spec": {"containers": [{"name": "main", "image": image}, {"name": "side", "image": "proxy:1"}]}}
    metadata = {"name": name, "namespace": "shop"}
    return {
        "kind": "ReplicaSet",
        "metadata": metadata,
        "spec": {"replicas": replicas, "template": template},
        "status": status,
    }


def pod(name: str, ready: bool) -> Object:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    pulling = {"name": "main", "image": "web:2", "state": {"waiting": {"reason": "ErrImagePull"}}}
    status = {"conditions": conditions, "containerStatuses": [] if ready else [pulling]}
    return {"metadata": {"name": name}, "status": status}


def shown(objects: dict[str, Object], pods: dict[str, list[Object]] | None = None) -> LiveTarget:
    found: dict[Identity, Object | None] = {replica_set_identity("shop", name): one for name, one in objects.items()}
    placed = {replica_set_identity("shop", name): some for name, some in (pods or {}).items()}
    return live_target(a_rollout(), Seen(found, placed), NOW, None)


def test_both_versions_are_shown() -> None:
    new = replica_set("web-new", "web:2", 1, readyReplicas=1, availableReplicas=1)
    old = replica_set("web-old", "web:1", 3, readyReplicas=3, availableReplicas=2)
    (workload,) = shown({"web-new": new, "web-old": old}).workloads
    told = [(one.role, one.image, one.replicas, one.ready, one.available) for one in workload.versions]
    assert told == [("new", "web:2, proxy:1", 1, 1, 1), ("stable", "web:1, proxy:1", 3, 3, 2)]


def test_version_that_is_not_there_is_left_out() -> None:
    (workload,) = shown({"web-old": replica_set("web-old", "web:1")}).workloads
    assert [version.role for version in workload.versions] == ["stable"]


def test_pods_say_why_not() -> None:
    pods = {"web-new": [pod("a", True), pod("b", False)]}
    (workload,) = shown({"web-new": replica_set("web-new", "web:2")}, pods).workloads
    ready, waiting = workload.versions[0].pods
    assert (ready.ready, ready.reason, waiting.ready) == (True, "", False)
    assert waiting.reason.startswith("ErrImagePull")


def test_what_nobody_sees_says_since_when() -> None:
    since = {"shop": NOW}
    found = live_target(a_rollout(), Seen({}, {}), NOW, None, since.get)
    assert [workload.last_seen for workload in found.workloads] == [NOW]
    assert [workload.last_seen for workload in shown({}).workloads] == [None]


def test_pods_are_bounded() -> None:
    pods = {"web-new": [pod(f"p{number}", True) for number in range(MOST_PODS + 1)]}
    (workload,) = shown({"web-new": replica_set("web-new", "web:2")}, pods).workloads
    assert len(workload.versions[0].pods) == MOST_PODS


def test_absence_of_the_agent_is_passed_on() -> None:
    assert live_target(a_rollout(), Seen({}, {}), NOW, NOW).agent_away_since == NOW
