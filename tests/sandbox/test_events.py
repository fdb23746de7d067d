"""What a cluster tells of its own doings, and what it refuses because a namespace is full: read with kubectl."""

import pytest

from tests.sandbox.process import Kubectl
from tests.waiting import eventually

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "shop/web:1", resources: {requests: {cpu: 250m, memory: 64Mi}}}
"""
QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: small}
spec: {hard: {pods: "2", requests.cpu: "1", count/configmaps: "2"}}
"""


def test_description_tells_what_happened(kubectl: Kubectl, namespace: str) -> None:
    kubectl.output("apply", "-n", namespace, "-f", "-", text=WEB)
    kubectl.output("rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
    assert "Scaled up replica set web-" in kubectl.output("describe", "deployment/web", "-n", namespace)
    first, *_ = kubectl.output("get", "pods", "-n", namespace, "-o", "name").split()
    pod = kubectl.output("describe", first, "-n", namespace)
    assert "Successfully assigned" in pod
    assert "Container web started" in pod


def test_events_can_be_listed(kubectl: Kubectl, namespace: str) -> None:
    kubectl.output("apply", "-n", namespace, "-f", "-", text=WEB)
    kubectl.output("rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
    head, *rows = kubectl.output("get", "events", "-n", namespace, "--field-selector=reason=Scheduled").splitlines()
    assert head.split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert len(rows) == 3
    assert "ScalingReplicaSet" in kubectl.output("events", "-n", namespace, "--for=deployment/web")


async def test_image_that_is_missing_is_told(kubectl: Kubectl, namespace: str) -> None:
    fault = "labels: {app: web}, annotations: {sandbox.fairlead.dev/fault: image-pull}}\n    spec"
    broken = WEB.replace("labels: {app: web}}\n    spec", fault)
    kubectl.output("apply", "-n", namespace, "-f", "-", text=broken)

    async def is_told() -> bool:
        return "Back-off pulling image" in kubectl.output("get", "events", "-n", namespace)

    await eventually(is_told)


async def test_full_namespace_refuses_pods(kubectl: Kubectl, namespace: str) -> None:
    kubectl.output("apply", "-n", namespace, "-f", "-", text=QUOTA)
    kubectl.output("apply", "-n", namespace, "-f", "-", text=WEB)

    async def is_told() -> bool:
        told = kubectl.output("describe", "replicasets", "-n", namespace)
        return "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2" in told

    await eventually(is_told)
    conditions = "jsonpath={.items[0].status.conditions[0].type}={.items[0].status.conditions[0].reason}"
    assert kubectl.output("get", "rs", "-n", namespace, "-o", conditions) == "ReplicaFailure=FailedCreate"
    quota = kubectl.output("describe", "quota/small", "-n", namespace).splitlines()
    assert ["pods", "2", "2"] in [line.split() for line in quota]
    assert ["requests.cpu", "500m", "1"] in [line.split() for line in quota]


async def test_room_that_is_made_is_used(kubectl: Kubectl, namespace: str) -> None:
    kubectl.output("apply", "-n", namespace, "-f", "-", text=QUOTA)
    kubectl.output("apply", "-n", namespace, "-f", "-", text=WEB)
    kubectl.output("patch", "quota/small", "-n", namespace, "-p", '{"spec":{"hard":{"pods":"5"}}}')
    kubectl.output("rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")


@pytest.mark.parametrize("name", ["third"])
def test_full_namespace_refuses_objects(kubectl: Kubectl, namespace: str, name: str) -> None:
    kubectl.output("apply", "-n", namespace, "-f", "-", text=QUOTA)
    for number in range(2):
        kubectl.output("create", "configmap", f"one-{number}", "-n", namespace)
    done = kubectl("create", "configmap", name, "-n", namespace)
    assert f'configmaps "{name}" is forbidden: exceeded quota: small' in done.stderr


def test_pod_must_say_what_is_limited(kubectl: Kubectl, namespace: str) -> None:
    kubectl.output("apply", "-n", namespace, "-f", "-", text=QUOTA)
    done = kubectl("run", "greedy", "--image=shop/web:1", "-n", namespace)
    assert "failed quota: small: must specify requests.cpu for: greedy" in done.stderr
