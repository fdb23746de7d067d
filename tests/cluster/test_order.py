"""What others need to exist is there first: in the order in which the API server was asked."""

from typing import Any

import pytest

from tests.cluster.objects import NEW, PODS, config_map, deployment, service
from tests.cluster.rights import USER, grant_more
from tests.cluster.stage import Size, Stage

pytestmark = pytest.mark.timeout(180)

GROUP = "example.com"
DEFINITIONS = "apiextensions.k8s.io"


def definition() -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": f"{DEFINITIONS}/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


def widget() -> dict[str, Any]:
    return {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "metadata": {"name": "first"}, "spec": {"colour": "green"}}


@pytest.mark.feature("F62", "F64")
async def test_needed_objects_come_first(stage: Stage) -> None:
    every = ["get", "list", "watch", "create", "patch", "delete"]
    rules = [
        {"apiGroups": [DEFINITIONS], "resources": ["customresourcedefinitions"], "verbs": every},
        {"apiGroups": [GROUP], "resources": ["widgets"], "verbs": every},
    ]
    await grant_more(stage.cluster, "widgets", rules)
    stage.namespace += "-new"  # the release has to make it
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": stage.namespace}}
    audit = stage.audit()
    await stage.deployed(deployment(NEW), service(), widget(), config_map(page="1"), definition(), namespace)
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]
    assert [one["spec"] for one in await stage.every("widgets", f"/apis/{GROUP}/v1")] == [{"colour": "green"}]
    made = [one.resource for one in audit.requests(USER) if one.is_write and one.status < 300 and not one.is_rehearsal]
    first = [
        made.index(name) for name in ("namespaces", "customresourcedefinitions", "configmaps", "services", "widgets")
    ]
    assert first == sorted(first), made
    assert made.index("services") < made.index("replicasets")
