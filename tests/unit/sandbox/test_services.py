"""Where Services lead: the addresses of their pods, and what ports they may name."""

from typing import Any

import pytest

from tests.unit.sandbox.conftest import Client, Object
from tests.unit.sandbox.objects import a_pod_template, a_replica_set

ENDPOINTS = "/api/v1/namespaces/default/endpoints/web"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"


def a_service(*ports: Object, **spec: Any) -> Object:
    told = list(ports) or [{"port": 80}]
    spec = {"selector": {"app": "web"}, "ports": told, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


def with_port(name: str, number: int, app: str = "web") -> Object:
    template = a_pod_template(app)
    template["spec"]["containers"][0]["ports"] = [{"name": name, "containerPort": number}]
    return template


async def endpoints(client: Client) -> Object:
    code, value = await client.ask("GET", ENDPOINTS)
    assert code == 200, value
    return value  # type: ignore[no-any-return]


async def test_service_leads_to_ready_pods(client: Client) -> None:
    await client.create(a_service())
    await client.create(a_replica_set())
    await client.later(0.11)
    [subset] = (await endpoints(client))["subsets"]
    assert len(subset["notReadyAddresses"]) == 2
    await client.later(1)
    [subset] = (await endpoints(client))["subsets"]
    assert {place["targetRef"]["name"] for place in subset["addresses"]} == {
        pod["metadata"]["name"] for pod in await client.items("Pod")
    }
    assert subset["ports"] == [{"port": 80, "protocol": "TCP"}]


async def test_named_port_follows_each_pod(client: Client) -> None:
    await client.create(a_service({"port": 80, "targetPort": "http"}))
    await client.create(a_replica_set("one", 1, with_port("http", 8080)))
    await client.create(a_replica_set("two", 1, with_port("http", 9090)))
    await client.later(1)
    subsets = (await endpoints(client))["subsets"]
    assert sorted(subset["ports"][0]["port"] for subset in subsets) == [8080, 9090]
    code, found = await client.ask("GET", SLICES)
    assert code == 200
    assert sorted(one["ports"][0]["port"] for one in found["items"]) == [8080, 9090]


async def test_service_goes_with_endpoints(client: Client) -> None:
    await client.create(a_service())
    await client.later(1)
    await client.delete("Service", "web")
    await client.later(1)
    assert (await client.ask("GET", ENDPOINTS))[0] == 404
    assert (await client.ask("GET", SLICES))[1]["items"] == []


async def test_selector_moves_endpoints(client: Client) -> None:
    await client.create(a_service())
    await client.create(a_replica_set("blue", 1, a_pod_template("web")))
    await client.create(a_replica_set("green", 2, a_pod_template("next")))
    await client.later(1)
    await client.patch("merge", "Service", "web", {"spec": {"selector": {"app": "next"}}})
    await client.later(1)
    [subset] = (await endpoints(client))["subsets"]
    assert len(subset["addresses"]) == 2


async def test_service_without_selector_is_left_alone(client: Client) -> None:
    await client.create(a_service(selector=None))
    await client.later(1)
    assert (await client.ask("GET", ENDPOINTS))[0] == 404


@pytest.mark.parametrize("number", [0, 65536, -1])
async def test_port_out_of_range_is_refused(client: Client, number: int) -> None:
    code, refusal = await client.ask("POST", "/api/v1/namespaces/default/services", a_service({"port": number}))
    assert code == 422
    message = f"Invalid value: {number}: must be between 1 and 65535, inclusive"
    cause = {"reason": "FieldValueInvalid", "message": message, "field": "spec.ports[0].port"}
    assert cause in refusal["details"]["causes"]


async def test_container_port_out_of_range_is_refused(client: Client) -> None:
    wanted = a_replica_set(template=with_port("http", 70000))
    code, refusal = await client.ask("POST", "/apis/apps/v1/namespaces/default/replicasets", wanted)
    assert code == 422
    [cause] = refusal["details"]["causes"]
    assert cause["field"] == "spec.template.spec.containers[0].ports[0].containerPort"


async def test_several_ports_need_names(client: Client) -> None:
    wanted = a_service({"port": 80}, {"port": 81, "name": "two"})
    _, refusal = await client.ask("POST", "/api/v1/namespaces/default/services", wanted)
    assert [cause["field"] for cause in refusal["details"]["causes"]] == ["spec.ports[0].name"]
