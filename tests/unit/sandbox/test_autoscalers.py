"""Autoscalers without metrics: they hold their workload between the least and the most."""

from tests.unit.sandbox.conftest import Client, Object
from tests.unit.sandbox.objects import a_deployment

AUTOSCALERS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"


def an_autoscaler(least: int = 2, most: int = 4) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": spec,
    }


async def scaled(client: Client, size: int) -> int:
    """Which size the workload has, some time after it was given one."""
    await client.patch("merge", "Deployment", "web", {"spec": {"replicas": size}})
    await client.later(1)
    return (await client.get("Deployment", "web"))["spec"]["replicas"]  # type: ignore[no-any-return]


async def test_workload_stays_within_bounds(client: Client) -> None:
    await client.create(a_deployment(replicas=1))
    code, _ = await client.ask("POST", AUTOSCALERS, an_autoscaler())
    assert code == 201
    await client.later(1)
    assert (await client.get("Deployment", "web"))["spec"]["replicas"] == 2
    assert [await scaled(client, size) for size in (1, 3, 9, 0)] == [2, 3, 4, 0]


async def test_status_tells_what_it_does(client: Client) -> None:
    await client.create(a_deployment(replicas=3))
    await client.ask("POST", AUTOSCALERS, an_autoscaler())
    await client.later(1)
    _, value = await client.ask("GET", f"{AUTOSCALERS}/web")
    assert (value["status"]["currentReplicas"], value["status"]["desiredReplicas"]) == (3, 3)
    told = {one["type"]: (one["status"], one["reason"]) for one in value["status"]["conditions"]}
    assert told["ScalingActive"] == ("False", "FailedGetResourceMetric")


async def test_missing_target_is_told(client: Client) -> None:
    await client.ask("POST", AUTOSCALERS, an_autoscaler())
    await client.later(1)
    _, value = await client.ask("GET", f"{AUTOSCALERS}/web")
    [condition] = value["status"]["conditions"]
    assert (condition["status"], condition["reason"]) == ("False", "FailedGetScale")


async def test_bounds_that_cross_are_refused(client: Client) -> None:
    code, refusal = await client.ask("POST", AUTOSCALERS, an_autoscaler(least=5, most=2))
    assert code == 422
    assert [cause["field"] for cause in refusal["details"]["causes"]] == ["spec.maxReplicas"]
