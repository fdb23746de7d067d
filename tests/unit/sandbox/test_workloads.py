from typing import Any

from tests.unit.sandbox.conftest import PATHS, Client
from tests.unit.sandbox.objects import Object, a_pod_template, a_replica_set


def a_stateful_set(replicas: int = 3, **spec: Any) -> Object:
    value = a_replica_set("db", replicas)
    return {**value, "kind": "StatefulSet", "spec": {**value["spec"], "serviceName": "db", **spec}}


def a_daemon_set(**spec: Any) -> Object:
    value = a_replica_set("logs")
    kept = {name: item for name, item in value["spec"].items() if name != "replicas"}
    return {**value, "kind": "DaemonSet", "spec": {**kept, **spec}}


def a_job(fault: str = "", **spec: Any) -> Object:
    template = a_pod_template(fault=fault) if fault else a_pod_template()
    template["spec"]["restartPolicy"] = "Never"
    metadata = {"name": "once", "namespace": "default"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template, **spec}}


async def images(client: Client) -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in await client.items("Pod")}


async def test_numbered_pods_start_in_order(client: Client) -> None:
    await client.create(a_stateful_set())
    await client.later(0.1)
    assert list(await images(client)) == ["db-0"]
    await client.later(2)
    assert list(await images(client)) == ["db-0", "db-1", "db-2"]
    status = (await client.get("StatefulSet", "db"))["status"]
    assert (status["replicas"], status["readyReplicas"], status["updatedReplicas"]) == (3, 3, 3)
    assert status["currentRevision"] == status["updateRevision"]


async def test_partition_holds_the_lower_pods(client: Client) -> None:
    await client.create(a_stateful_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}))
    await client.later(3)
    await client.patch("merge", "StatefulSet", "db", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    await client.later(3)
    assert await images(client) == {"db-0": "shop/web:1", "db-1": "shop/web:1", "db-2": "shop/web:2"}
    status = (await client.get("StatefulSet", "db"))["status"]
    assert (status["currentReplicas"], status["updatedReplicas"]) == (2, 1)


async def test_lowered_partition_ends_the_update(client: Client) -> None:
    await client.create(a_stateful_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}))
    await client.later(3)
    await client.patch("merge", "StatefulSet", "db", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    await client.later(3)
    await client.patch("merge", "StatefulSet", "db", {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}}})
    await client.later(5)
    assert set((await images(client)).values()) == {"shop/web:2"}
    status = (await client.get("StatefulSet", "db"))["status"]
    assert status["currentRevision"] == status["updateRevision"]


async def test_held_pod_comes_back_as_it_was(client: Client) -> None:
    await client.create(a_stateful_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}))
    await client.later(3)
    await client.patch("merge", "StatefulSet", "db", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    await client.later(3)
    await client.delete("Pod", "db-0")
    await client.later(3)
    assert (await images(client))["db-0"] == "shop/web:1"


async def test_highest_pods_leave_first(client: Client) -> None:
    await client.create(a_stateful_set())
    await client.later(3)
    await client.patch("merge", "StatefulSet", "db", {"spec": {"replicas": 1}})
    await client.later(2)
    assert list(await images(client)) == ["db-0"]


async def test_every_node_has_a_daemon(client: Client) -> None:
    await client.create(a_daemon_set())
    await client.later(1)
    assert {pod["spec"]["nodeName"] for pod in await client.items("Pod")} == {"sandbox-1", "sandbox-2"}
    status = (await client.get("DaemonSet", "logs"))["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"], status["numberAvailable"]) == (2, 2, 2)


async def test_daemons_are_replaced_one_by_one(client: Client) -> None:
    await client.create(a_daemon_set())
    await client.later(1)
    await client.patch("merge", "DaemonSet", "logs", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    for _ in range(100):
        await client.later(0.02)
        assert (await client.get("DaemonSet", "logs"))["status"]["numberReady"] >= 1
    assert set((await images(client)).values()) == {"shop/web:2"}


async def test_daemons_wait_for_their_deletion(client: Client) -> None:
    await client.create(a_daemon_set(updateStrategy={"type": "OnDelete"}))
    await client.later(1)
    await client.patch("merge", "DaemonSet", "logs", {"spec": {"template": a_pod_template(image="shop/web:2")}})
    await client.later(1)
    first, *_ = await images(client)
    await client.delete("Pod", first)
    await client.later(1)
    assert sorted((await images(client)).values()) == ["shop/web:1", "shop/web:2"]


async def test_job_comes_to_its_end(client: Client) -> None:
    await client.create(a_job(completions=3, parallelism=2))
    await client.later(5)
    status = (await client.get("Job", "once"))["status"]
    assert (status["succeeded"], status["conditions"][-1]["type"]) == (3, "Complete")
    assert len(await client.items("Pod")) == 3


async def test_failing_job_gives_up(client: Client) -> None:
    await client.create(a_job(fault="crash-loop", backoffLimit=2))
    await client.later(5)
    status = (await client.get("Job", "once"))["status"]
    assert (status["failed"], status["conditions"][-1]["type"]) == (3, "Failed")


async def test_deleted_workload_takes_everything_along(client: Client) -> None:
    await client.create(a_stateful_set(1))
    await client.later(1)
    await client.delete("StatefulSet", "db")
    await client.later(1)
    _, revisions = await client.ask("GET", PATHS["StatefulSet"].replace("statefulsets", "controllerrevisions"))
    assert (await client.items("Pod"), revisions["items"]) == ([], [])
