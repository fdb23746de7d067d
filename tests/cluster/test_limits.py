"""What a cluster's own rules forbid: its words reach the person, and the old version keeps every pod."""

from typing import Any

import pytest

from tests.cluster.objects import NEW, OLD, PODS, deployment
from tests.cluster.stage import APPS, Size, Stage
from tests.cluster.test_canary import HASTY
from tools.kubernetes.api import MERGE, Refused

pytestmark = pytest.mark.timeout(180)

ADMISSION = "admissionregistration.k8s.io/v1"
CONFINED = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
QUESTION = "whose is it? add the label team"


async def goes_back(stage: Stage) -> str:
    """What is told of a release that the cluster does not let through."""
    code, story = await stage.told(stage.file([deployment(NEW)], **HASTY))
    assert code == 1, story
    assert await stage.sizes() == [Size(OLD, PODS, PODS)]
    return story


async def test_exhausted_quota_is_told(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "room"}}
    await stage.make("resourcequotas", {**quota, "spec": {"hard": {"pods": str(PODS)}}})

    async def is_counted() -> bool:
        (found,) = await stage.every("resourcequotas")
        return bool(found.get("status", {}).get("used", {}).get("pods") == str(PODS))

    await stage.becomes(is_counted)
    story = await goes_back(stage)
    assert "exceeded quota: room" in story, story


async def test_unsafe_pods_are_told(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    await stage.cluster.api.ask("PATCH", f"/api/v1/namespaces/{stage.namespace}", CONFINED, MERGE)
    story = await goes_back(stage)
    assert 'pods are refused: pods "web-' in story, story
    assert 'violates PodSecurity "restricted' in story, story


def policy(name: str) -> dict[str, Any]:
    versions = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["*"]}
    rule = {"expression": "has(object.metadata.labels) && 'team' in object.metadata.labels", "message": QUESTION}
    spec = {"matchConstraints": {"resourceRules": [versions]}, "validations": [rule]}
    return {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec}


def binding(namespace: str) -> dict[str, Any]:
    chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    spec = {"policyName": namespace, "validationActions": ["Deny"], "matchResources": chosen}
    kind = "ValidatingAdmissionPolicyBinding"
    return {"apiVersion": ADMISSION, "kind": kind, "metadata": {"name": namespace}, "spec": spec}


async def test_refusal_of_a_policy_is_told(stage: Stage) -> None:
    await stage.deployed(deployment(OLD))
    root = f"/apis/{ADMISSION}/validatingadmissionpolicies"
    await stage.cluster.api.ask("POST", root, policy(stage.namespace))
    await stage.cluster.api.ask("POST", root.replace("policies", "policybindings"), binding(stage.namespace))

    async def is_obeyed() -> bool:
        other = {**deployment(NEW), "metadata": {"name": "other"}}
        try:
            await stage.make("deployments?dryRun=All", other, APPS)
        except Refused as refused:
            return QUESTION in str(refused)
        return False

    await stage.becomes(is_obeyed)
    story = await goes_back(stage)
    assert f"denied request: {QUESTION}" in story, story
