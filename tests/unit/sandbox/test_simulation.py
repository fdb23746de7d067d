from typing import Any

import pytest

from sandbox.server import Options, running
from tests.clock import VirtualClock
from tests.unit.sandbox.conftest import PATHS, Client
from tests.unit.sandbox.objects import Object, a_deployment, a_pod_template, a_replica_set


async def phases(client: Client) -> list[tuple[str, bool]]:
    pods = await client.items("Pod")
    return [(pod["status"]["phase"], is_ready(pod)) for pod in pods]


def is_ready(pod: Object) -> bool:
    return any(item["type"] == "Ready" and item["status"] == "True" for item in pod["status"].get("conditions", []))


def waiting(pod: Object) -> str:
    return pod["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason", "")  # type: ignore[no-any-return]


async def sizes(client: Client) -> dict[str, int]:
    return {
        item["spec"]["template"]["spec"]["containers"][0]["image"]: item["spec"]["replicas"]
        for item in await client.items("ReplicaSet")
    }


async def test_pods_become_ready_in_turn(client: Client) -> None:
    await client.create(a_replica_set(replicas=2))
    await client.later(0.01)
    assert await phases(client) == [("Pending", False)] * 2
    await client.later(0.12)
    assert await phases(client) == [("Running", False)] * 2
    await client.later(0.12)
    assert await phases(client) == [("Running", True)] * 2


async def test_status_counts_the_pods(client: Client) -> None:
    await client.create(a_replica_set(replicas=2))
    await client.later(1)
    status = (await client.get("ReplicaSet", "web-1"))["status"]
    assert status == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "terminatingReplicas": 0,
        "observedGeneration": 1,
    }


async def test_pod_reports_the_digest_of_its_image(client: Client) -> None:
    await client.create(a_replica_set(replicas=1))
    await client.later(1)
    [pod] = await client.items("Pod")
    container = pod["status"]["containerStatuses"][0]
    assert container["image"] == "shop/web:1"
    assert container["imageID"].startswith("shop/web@sha256:")


async def test_scaling_down_spares_ready_pods(client: Client) -> None:
    await client.create(a_replica_set(replicas=2))
    await client.later(1)
    ready = {pod["metadata"]["name"] for pod in await client.items("Pod")}
    await client.patch("merge", "ReplicaSet", "web-1", {"spec": {"replicas": 4}})
    await client.later(0.05)
    await client.patch("merge", "ReplicaSet", "web-1", {"spec": {"replicas": 2}})
    await client.later(1)
    assert {pod["metadata"]["name"] for pod in await client.items("Pod")} == ready


async def test_deleted_pod_is_replaced(client: Client) -> None:
    await client.create(a_replica_set(replicas=1))
    await client.later(1)
    [before] = await client.items("Pod")
    await client.delete("Pod", before["metadata"]["name"])
    await client.later(1)
    [after] = await client.items("Pod")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]


async def test_matching_orphan_is_adopted(client: Client) -> None:
    metadata = {"name": "lone", "namespace": "default", "labels": {"app": "web"}}
    await client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": a_pod_template()["spec"]})
    await client.create(a_replica_set(replicas=1))
    await client.later(1)
    [pod] = await client.items("Pod")
    assert (pod["metadata"]["name"], pod["metadata"]["ownerReferences"][0]["name"]) == ("lone", "web-1")


async def test_relabelled_pod_is_let_go(client: Client) -> None:
    await client.create(a_replica_set(replicas=1))
    await client.later(1)
    [pod] = await client.items("Pod")
    await client.patch("merge", "Pod", pod["metadata"]["name"], {"metadata": {"labels": {"app": "quarantine"}}})
    await client.later(1)
    freed = await client.get("Pod", pod["metadata"]["name"])
    assert "ownerReferences" not in freed["metadata"]
    assert len(await client.items("Pod")) == 2


async def test_new_image_rolls_out(client: Client) -> None:
    await client.create(a_deployment(replicas=4))
    await client.later(2)
    await client.patch("merge", "Deployment", "web", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    await client.later(5)
    assert await sizes(client) == {"shop/web:1": 0, "shop/web:2": 4}
    conditions = (await client.get("Deployment", "web"))["status"]["conditions"]
    assert {item["type"]: item["reason"] for item in conditions} == {
        "Available": "MinimumReplicasAvailable",
        "Progressing": "NewReplicaSetAvailable",
    }


async def test_rollout_keeps_its_bounds(client: Client) -> None:
    """Never below what may be missing, never above what may be too many."""
    await client.create(a_deployment(replicas=4))
    await client.later(2)
    await client.patch("merge", "Deployment", "web", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    for _ in range(100):
        await client.later(0.02)
        pods = [pod for pod in await client.items("Pod") if "deletionTimestamp" not in pod["metadata"]]
        assert len(pods) <= 5
        assert sum(is_ready(pod) for pod in pods) >= 3
    assert await sizes(client) == {"shop/web:1": 0, "shop/web:2": 4}


async def test_bad_image_stops_the_rollout(client: Client) -> None:
    await client.create(a_deployment(replicas=4, progressDeadlineSeconds=10))
    await client.later(2)
    await client.patch("merge", "Deployment", "web", {"spec": {"template": a_pod_template(image="shop/web:never")}})
    await client.later(15)
    conditions = (await client.get("Deployment", "web"))["status"]["conditions"]
    assert "ProgressDeadlineExceeded" in {item["reason"] for item in conditions}
    assert (await sizes(client))["shop/web:1"] == 3
    assert "ImagePullBackOff" in {waiting(pod) for pod in await client.items("Pod")}


async def test_recreate_has_no_overlap(client: Client) -> None:
    await client.create(a_deployment(replicas=2, strategy={"type": "Recreate"}))
    await client.later(2)
    await client.patch("merge", "Deployment", "web", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    for _ in range(50):
        await client.later(0.02)
        images = {pod["spec"]["containers"][0]["image"] for pod in await client.items("Pod")}
        assert len(images) <= 1
    assert await sizes(client) == {"shop/web:1": 0, "shop/web:2": 2}


async def test_paused_deployment_keeps_its_version(client: Client) -> None:
    await client.create(a_deployment(replicas=2))
    await client.later(2)
    change = {"paused": True, "replicas": 3, "template": a_pod_template(image="shop/web:2")}
    await client.patch("merge", "Deployment", "web", {"spec": change})
    await client.later(2)
    assert await sizes(client) == {"shop/web:1": 3}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("crash-loop", "CrashLoopBackOff"), ("image-pull", "ImagePullBackOff"), ("never-ready", "")],
)
async def test_annotated_fault_keeps_a_pod_from_ready(client: Client, fault: str, reason: str) -> None:
    await client.create(a_replica_set(replicas=1, template=a_pod_template(fault=fault)))
    await client.later(2.5 if fault == "image-pull" else 0.5)
    [pod] = await client.items("Pod")
    assert (is_ready(pod), waiting(pod)) == (False, reason)


async def test_crash_loop_counts_restarts(client: Client) -> None:
    await client.create(a_replica_set(replicas=1, template=a_pod_template(fault="crash-loop")))
    await client.later(10)
    [pod] = await client.items("Pod")
    assert pod["status"]["containerStatuses"][0]["restartCount"] >= 3


async def test_pending_pod_is_unschedulable(client: Client) -> None:
    await client.create(a_replica_set(replicas=1, template=a_pod_template(fault="pending")))
    await client.later(1)
    [pod] = await client.items("Pod")
    assert pod["status"]["conditions"][0]["reason"] == "Unschedulable"


async def test_slow_start_takes_its_time(client: Client) -> None:
    await client.create(a_replica_set(replicas=1, template=a_pod_template(start_seconds="5")))
    await client.later(4.5)
    assert await phases(client) == [("Running", False)]
    await client.later(1)
    assert await phases(client) == [("Running", True)]


async def test_pod_becomes_unready_later(client: Client) -> None:
    await client.create(a_replica_set(replicas=1, template=a_pod_template(unready_after_seconds="3")))
    await client.later(2)
    assert await phases(client) == [("Running", True)]
    await client.later(2)
    assert await phases(client) == [("Running", False)]
    assert "readyReplicas" not in (await client.get("ReplicaSet", "web-1"))["status"]


async def test_least_ready_time_delays_availability(client: Client) -> None:
    value = a_replica_set(replicas=1)
    value["spec"]["minReadySeconds"] = 10
    await client.create(value)
    await client.later(5)
    assert "availableReplicas" not in (await client.get("ReplicaSet", "web-1"))["status"]
    await client.later(6)
    assert (await client.get("ReplicaSet", "web-1"))["status"]["availableReplicas"] == 1


async def fault(client: Client, **faults: Any) -> None:
    code, body = await client.ask("POST", "/sandbox/faults", faults)
    assert code == 200, body


async def test_posted_fault_comes_and_goes(client: Client) -> None:
    await client.create(a_replica_set(replicas=1))
    await client.later(1)
    await fault(client, pods=[{"fault": "never-ready", "labels": "app=web"}])
    await client.later(1)
    assert await phases(client) == [("Running", False)]
    await client.ask("DELETE", "/sandbox/faults")
    await client.later(1)
    assert await phases(client) == [("Running", True)]


async def test_ready_pod_can_begin_to_crash(client: Client) -> None:
    await client.create(a_replica_set(replicas=1))
    await client.later(1)
    await fault(client, pods=[{"fault": "crash-loop"}])
    await client.later(0.5)
    [pod] = await client.items("Pod")
    assert (is_ready(pod), waiting(pod)) == (False, "CrashLoopBackOff")
    assert "readyReplicas" not in (await client.get("ReplicaSet", "web-1"))["status"]


async def test_background_delete_collects_dependents(client: Client) -> None:
    await client.create(a_deployment(replicas=2))
    await client.later(1)
    await client.delete("Deployment", "web")
    await client.later(1)
    assert await client.items("ReplicaSet") == []
    assert await client.items("Pod") == []


async def test_orphaning_delete_leaves_dependents(client: Client) -> None:
    await client.create(a_deployment(replicas=2))
    await client.later(1)
    await client.delete("Deployment", "web", propagationPolicy="Orphan")
    await client.later(1)
    [replica_set] = await client.items("ReplicaSet")
    assert "ownerReferences" not in replica_set["metadata"]
    assert len(await client.items("Pod")) == 2


async def test_foreground_delete_waits_for_dependents(client: Client) -> None:
    await client.create(a_deployment(replicas=2))
    await client.later(1)
    _, dying = await client.delete("Deployment", "web", propagationPolicy="Foreground")
    assert dying["metadata"]["finalizers"] == ["foregroundDeletion"]
    await client.later(2)
    assert (await client.ask("GET", f"{PATHS['Deployment']}/web"))[0] == 404
    assert await client.items("Pod") == []


async def test_object_of_a_missing_owner_is_collected(client: Client) -> None:
    value = a_replica_set(replicas=0)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gone", "uid": "00000000-gone"}
    value["metadata"]["ownerReferences"] = [owner]
    await client.create(value)
    await client.later(0.1)
    assert await client.items("ReplicaSet") == []


async def test_namespace_takes_its_contents_along(client: Client) -> None:
    await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    await client.later(0.1)
    accounts = "/api/v1/namespaces/shop/serviceaccounts"
    assert (await client.ask("GET", f"{accounts}/default"))[0] == 200
    value = a_replica_set(replicas=2)
    value["metadata"]["namespace"] = "shop"
    await client.ask("POST", "/apis/apps/v1/namespaces/shop/replicasets", value)
    await client.later(1)
    await client.delete("Namespace", "shop")
    await client.later(1)
    assert (await client.ask("GET", "/api/v1/namespaces/shop"))[0] == 404


async def test_same_seed_makes_the_same_objects(client: Client) -> None:
    await client.create(a_deployment(replicas=3))
    await client.later(2)
    clock = VirtualClock()
    async with running(Options(nodes=2, history=50), clock) as (api, _):
        twin = Client(api, clock)
        await twin.later(0)
        await twin.create(a_deployment(replicas=3))
        await twin.later(2)
        assert await twin.items("Pod") == await client.items("Pod")
