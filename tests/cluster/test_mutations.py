"""An admission policy that changes what is written: its additions stay, and nothing is written again and again."""

from collections import Counter
from typing import Any

import pytest

from tests.cluster.objects import MISSING, NEW, OLD, PODS, config_map, deployment, service
from tests.cluster.stage import Size, Stage
from tests.cluster.test_canary import HASTY

pytestmark = pytest.mark.timeout(180)

ADMISSION = "admissionregistration.k8s.io/v1"
MARKED = 'Object{metadata: Object.metadata{labels: {"injected": "yes"}, annotations: {"injected": "yes"}}}'
SIDECAR = 'Object{spec: Object.spec{containers: [Object.spec.containers{name: "proxy", image: "proxy:v1"}]}}'


def rules(group: str, *resources: str) -> dict[str, Any]:
    operations = ["CREATE", "UPDATE"] if resources != ("pods",) else ["CREATE"]
    return {"apiGroups": [group], "apiVersions": ["v1"], "operations": operations, "resources": list(resources)}


async def mutate(stage: Stage, name: str, expression: str, *matched: dict[str, Any]) -> None:
    """From soon on, in this test's namespace."""
    name, root = f"{stage.namespace}-{name}", f"/apis/{ADMISSION}/mutatingadmissionpolic"
    spec = {
        "matchConstraints": {"resourceRules": list(matched)},
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
    }
    policy = {"apiVersion": ADMISSION, "kind": "MutatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec}
    await stage.cluster.api.ask("POST", f"{root}ies", policy)
    chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": stage.namespace}}}
    bound = {"policyName": name, "matchResources": chosen}
    kind = "MutatingAdmissionPolicyBinding"
    await stage.cluster.api.ask(
        "POST", f"{root}ybindings", {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": name}, "spec": bound}
    )


async def injected(stage: Stage) -> None:
    """Labels on what is applied and created, and a second container in each pod."""
    await mutate(stage, "labels", MARKED, rules("", "configmaps", "services"), rules("apps", "replicasets"))
    await mutate(stage, "sidecar", SIDECAR, rules("", "pods"))

    async def is_obeyed() -> bool:
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tried"}}
        containers = {"spec": {"containers": [{"name": "web", "image": OLD}]}}
        tried = {**config_map(a="1"), "metadata": {"name": "tried"}}
        marked = await stage.make("configmaps?dryRun=All", tried)
        doubled = await stage.make("pods?dryRun=All", {**pod, **containers})
        return "labels" in marked["metadata"] and len(doubled["spec"]["containers"]) == 2

    await stage.becomes(is_obeyed)


async def test_release_stands_what_a_policy_adds(stage: Stage) -> None:
    await injected(stage)
    await stage.deployed(deployment(OLD), config_map(a="1"), service())
    audit = stage.audit()
    await stage.deployed(deployment(NEW), config_map(a="2"), service())
    assert await stage.sizes() == [Size(NEW, PODS, PODS)]
    applied = Counter(one.resource for one in stage.asked(audit) if one.is_write and one.verb != "delete")
    assert (applied["configmaps"], applied["services"]) == (1, 1), applied
    (found,) = [one for one in await stage.every("configmaps") if one["metadata"]["name"] == "web"]
    assert (found["data"], found["metadata"]["labels"]) == ({"a": "2"}, {"injected": "yes"})
    assert {len(pod["spec"]["containers"]) for pod in await stage.every("pods")} == {2}


async def test_return_stands_what_a_policy_adds(stage: Stage) -> None:
    await injected(stage)
    await stage.deployed(deployment(OLD), config_map(a="1"), service())
    audit = stage.audit()
    code, story = await stage.told(stage.file([deployment(MISSING), config_map(a="2"), service()], **HASTY))
    assert (code, await stage.sizes()) == (1, [Size(OLD, PODS, PODS)]), story
    applied = Counter(one.resource for one in stage.asked(audit) if one.is_write and one.verb != "delete")
    assert applied["configmaps"] == 2, "there and back"
    (found,) = [one for one in await stage.every("configmaps") if one["metadata"]["name"] == "web"]
    assert (found["data"], found["metadata"]["labels"]) == ({"a": "1"}, {"injected": "yes"})
