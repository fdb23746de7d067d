"""Every kind that the shipped rights name, in one release: they are enough, and each object gets where it should."""

from typing import Any

import pytest

from tests.cluster.objects import NEW, PODS, autoscaler, config_map, deployment, service
from tests.cluster.stage import APPS, Size, Stage

pytestmark = pytest.mark.timeout(180)

LABELS = {"app": "side"}
POD: dict[str, Any] = {"containers": [{"name": "side", "image": NEW}]}
ONCE = {"template": {"spec": {**POD, "restartPolicy": "Never"}}}
SELECTED = {"selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": POD}}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
ROOM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def other(group: str, kind: str, **content: Any) -> dict[str, Any]:
    return {"apiVersion": group, "kind": kind, "metadata": {"name": "side"}, **content}


OTHERS = (
    other("policy/v1", "PodDisruptionBudget", spec={"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}),
    other("batch/v1", "CronJob", spec={"schedule": "0 0 1 1 *", "jobTemplate": {"spec": ONCE}}),
    other("batch/v1", "Job", spec=ONCE),
    other("apps/v1", "DaemonSet", spec=SELECTED),
    other("apps/v1", "StatefulSet", spec={**SELECTED, "serviceName": "web", "replicas": 2}),
    other("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}, "policyTypes": ["Ingress"]}),
    other("networking.k8s.io/v1", "Ingress", spec={"defaultBackend": BACKEND}),
    other("v1", "PersistentVolumeClaim", spec=ROOM),
    other("v1", "Secret", stringData={"word": "open sesame"}),
    other("v1", "ServiceAccount"),
)


@pytest.mark.feature("F3", "F55", "F64")
async def test_every_shipped_kind_is_deployed(stage: Stage) -> None:
    audit = stage.audit()
    await stage.deployed(*OTHERS, autoscaler(), service(), config_map(page="1"), deployment(NEW))
    assert Size(NEW, PODS, PODS) in await stage.sizes()
    asked = stage.asked(audit)
    assert [one for one in asked if one.status in (401, 403)] == []
    made = {one.resource for one in asked if one.is_write and one.status < 300}
    assert made >= {
        *("configmaps", "secrets", "services", "serviceaccounts", "persistentvolumeclaims", "ingresses"),
        *("networkpolicies", "statefulsets", "daemonsets", "jobs", "cronjobs", "poddisruptionbudgets"),
        *("horizontalpodautoscalers", "replicasets"),
    }
    (steady,) = await stage.every("statefulsets", APPS)
    assert steady["status"]["readyReplicas"] == 2
    (everywhere,) = await stage.every("daemonsets", APPS)
    assert everywhere["status"]["numberReady"] == 3


@pytest.mark.feature("F64")
async def test_same_objects_are_taken_again(stage: Stage) -> None:
    every = (*OTHERS, autoscaler(), service(), config_map(page="1"), deployment(NEW))
    await stage.deployed(*every)
    before = {one["metadata"]["uid"] for one in await stage.every("jobs", "/apis/batch/v1")}
    audit = stage.audit()
    await stage.deployed(*every)
    # Controllers write to the same objects all the time: an answer may be that one was out of date.
    assert {one.status for one in stage.asked(audit)} <= {200, 201, 404, 409}
    assert {one["metadata"]["uid"] for one in await stage.every("jobs", "/apis/batch/v1")} == before
