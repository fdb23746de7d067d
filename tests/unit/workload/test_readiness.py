"""When an applied object counts as ready."""

import pytest

from libs.workload.kinds.objects import Object
from libs.workload.kinds.readiness import is_waited_for, is_waited_for_last, unready
from tests.unit.workload.build import plain


def condition(kind: str, status: str, message: str = "") -> Object:
    return {"conditions": [{"type": kind, "status": status, "message": message}]}


@pytest.mark.parametrize(
    ("kind", "api_version", "fields", "expected"),
    [
        ("ConfigMap", "v1", {}, ""),
        ("Namespace", "v1", {"status": {"phase": "Active"}}, ""),
        ("Namespace", "v1", {}, "its phase is unknown"),
        ("CustomResourceDefinition", "apiextensions.k8s.io/v1", {}, "it is not established yet"),
        (
            "CustomResourceDefinition",
            "apiextensions.k8s.io/v1",
            {"status": condition("NamesAccepted", "False", "taken")},
            "taken",
        ),
        ("CustomResourceDefinition", "apiextensions.k8s.io/v1", {"status": condition("Established", "True")}, ""),
        ("StatefulSet", "apps/v1", {"spec": {"replicas": 2}}, "0 of 2 pods are updated"),
        (
            "StatefulSet",
            "apps/v1",
            {"spec": {"replicas": 2}, "status": {"updatedReplicas": 2, "readyReplicas": 1}},
            "1 of 2 pods are ready",
        ),
        (
            "StatefulSet",
            "apps/v1",
            {
                "spec": {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
                "status": {"readyReplicas": 2},
            },
            "",
        ),
        ("DaemonSet", "apps/v1", {}, "its controller has not seen it yet"),
        ("DaemonSet", "apps/v1", {"status": {"desiredNumberScheduled": 0}}, ""),
        (
            "DaemonSet",
            "apps/v1",
            {"status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 1}},
            "1 of 3 pods are available",
        ),
        ("Job", "batch/v1", {}, ""),
        ("Job", "batch/v1", {"status": condition("Failed", "True", "too often")}, "the Job failed: too often"),
        ("Widget", "example.org/v1", {"status": condition("Ready", "False", "no disk")}, "no disk"),
        ("Widget", "example.org/v1", {"status": condition("Ready", "True")}, ""),
        ("Widget", "example.org/v1", {"status": condition("Ready", "Unknown")}, "it is not ready yet"),
        ("Widget", "example.org/v1", {"status": condition("Reconciling", "True", "makes a disk")}, "makes a disk"),
        ("Widget", "example.org/v1", {"status": condition("Reconciling", "False")}, ""),
        ("Widget", "example.org/v1", {"status": condition("Stalled", "True", "no quota")}, "it is stalled: no quota"),
        ("Widget", "example.org/v1", {"status": condition("Stalled", "True")}, "it is stalled"),
        ("Widget", "example.org/v1", {"status": condition("Available", "False")}, ""),
        ("APIService", "apiregistration.k8s.io/v1", {}, "it is not available yet"),
        ("APIService", "apiregistration.k8s.io/v1", {"status": condition("Available", "False", "no pods")}, "no pods"),
        ("APIService", "apiregistration.k8s.io/v1", {"status": condition("Available", "True")}, ""),
        (
            "ReplicationController",
            "v1",
            {"spec": {"replicas": 2}, "status": {"availableReplicas": 1}},
            "1 of 2 pods are available",
        ),
        ("Widget", "example.org/v1", {}, ""),
    ],
)
def test_what_an_object_waits_for(kind: str, api_version: str, fields: Object, expected: str) -> None:
    assert unready(plain(kind, "x", api_version, **fields)) == expected


def test_change_must_be_seen_first() -> None:
    live = plain("Widget", "x", "example.org/v1", status={"observedGeneration": 1})
    live["metadata"]["generation"] = 2
    assert unready(live) == "its controller has not seen the change yet"


@pytest.mark.parametrize(
    ("kind", "api_version", "expected"),
    [
        ("Namespace", "v1", (True, False)),
        ("StatefulSet", "apps/v1", (True, False)),
        ("ConfigMap", "v1", (False, False)),
        ("PersistentVolumeClaim", "v1", (False, False)),
        ("Service", "v1", (False, False)),
        ("Ingress", "networking.k8s.io/v1", (False, False)),
        ("PodDisruptionBudget", "policy/v1", (False, False)),
        ("APIService", "apiregistration.k8s.io/v1", (False, True)),
        ("Certificate", "cert-manager.io/v1", (False, True)),
    ],
)
def test_when_a_kind_is_waited_for(kind: str, api_version: str, expected: tuple[bool, bool]) -> None:
    value = plain(kind, "x", api_version)
    assert (is_waited_for(value), is_waited_for_last(value)) == expected
