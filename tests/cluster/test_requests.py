"""What a release costs its cluster's API server, from the server's own audit log, beside what a Deployment costs it."""

from typing import Any

import pytest

from tests.cluster.objects import NEW, OLD, PODS, config_map, deployment, service
from tests.cluster.stage import APPS, Size, Stage, canary
from tools.kubernetes.audit import Request

pytestmark = pytest.mark.timeout(180)

STEPS = canary({"setWeight": {"weight": 25}}, {"setWeight": {"weight": 50}})
CONTROLLER = "system:serviceaccount:kube-system:deployment-controller"
IMAGE = "/spec/template/spec/containers/0/image"


async def rolled(stage: Stage) -> list[Request]:
    """What the cluster's own controller asks to replace the same pods, without what it tells people by events."""
    await stage.make("deployments", deployment(OLD), APPS)
    path = f"{APPS}/namespaces/{stage.namespace}/deployments/web"

    async def is_done() -> bool:
        return is_rolled(await stage.read(path))

    await stage.becomes(is_done)
    audit = stage.audit()
    change = [{"op": "replace", "path": IMAGE, "value": NEW}]
    await stage.cluster.api.ask("PATCH", path, change, "application/json-patch+json")
    await stage.becomes(is_done)
    every = audit.requests(CONTROLLER)
    return [one for one in every if one.namespace == stage.namespace and one.resource != "events"]


def is_rolled(value: dict[str, Any]) -> bool:
    status = value.get("status", {})
    counted = [status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == value["metadata"]["generation"] and counted == [PODS] * 3


async def test_release_asks_for_little(stage: Stage, another: Stage) -> None:
    await stage.deployed(config_map(page="1"), service(), deployment(OLD))
    audit = stage.audit()
    await stage.deployed(config_map(page="2"), service(), deployment(NEW), strategy=STEPS)
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]
    asked = stage.asked(audit)
    written = [one for one in asked if one.is_write and not one.is_rehearsal and one.status < 300]
    # Two manifests, the new version, seven sizes, the old version's end; an answer that comes too late costs more.
    assert 11 <= len(written) <= 13, written
    assert len(asked) <= 25, f"three reads and one rehearsal besides, and what was out of date: {asked}"
    assert {one.status for one in asked} <= {200, 201, 404, 409, 422}, asked
    native = [one for one in await rolled(another) if one.is_write]
    assert len(written) < len(native), native
