"""When an applied object counts as ready."""

import pytest

from libs.spec.kinds import API_VERSIONS
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
        (
            "StatefulSet",
            "apps/v1",
            {"spec": {"replicas": 2}, "status": {"updatedReplicas": 2, "readyReplicas": 2}},
            "",
        ),
        (
            "StatefulSet",
            "apps/v1",
            {"spec": {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, "status": {"readyReplicas": 2}},
            "",
        ),
        ("StatefulSet", "apps/v1", {"spec": {"replicas": 0}}, ""),
        (
            "DaemonSet",
            "apps/v1",
            {"status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 2, "numberAvailable": 3}},
            "2 of 3 pods are updated",
        ),
        (
            "DaemonSet",
            "apps/v1",
            {
                "spec": {"updateStrategy": {"type": "OnDelete"}},
                "status": {"desiredNumberScheduled": 3, "numberAvailable": 3},
            },
            "",
        ),
        ("DaemonSet", "apps/v1", {"status": {"desiredNumberScheduled": 0}}, ""),
        (
            "DaemonSet",
            "apps/v1",
            {"status": {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 1}},
            "1 of 3 pods are available",
        ),
        ("Job", "batch/v1", {}, ""),
        ("Job", "batch/v1", {"status": {"active": 1}}, ""),
        ("Job", "batch/v1", {"status": condition("Complete", "True")}, ""),
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
        ("ReplicationController", "v1", {"spec": {"replicas": 2}, "status": {"availableReplicas": 2}}, ""),
        ("Widget", "example.org/v1", {}, ""),
        (
            "Rollout",
            "argoproj.io/v1alpha1",
            {"status": {"observedGeneration": "1"} | condition("Progressing", "True")},
            "",
        ),
    ],
)
def test_what_an_object_waits_for(kind: str, api_version: str, fields: Object, expected: str) -> None:
    assert unready(plain(kind, "x", api_version, **fields)) == expected


WAITED = {
    "Namespace": "its phase is unknown",
    "CustomResourceDefinition": "it is not established yet",
    "ReplicationController": "0 of 1 pods are available",
    "StatefulSet": "0 of 1 pods are updated",
    "DaemonSet": "its controller has not seen it yet",
    "Job": "",
}
"""Of all built-in kinds, those that a rollout waits for, and what one of them lacks that was just made."""
BUILT_IN = [(kind, version) for version, kinds in API_VERSIONS.items() for kind in kinds.split()]
LED = ("Deployment", "List", "Pod", "ReplicaSet")
"""What a rollout makes or takes apart itself."""


@pytest.mark.feature("F64")
@pytest.mark.parametrize(("kind", "version"), [one for one in BUILT_IN if one[0] not in LED])
def test_every_built_in_kind_has_its_health(kind: str, version: str) -> None:
    made = plain(kind, "x", version)
    assert (is_waited_for(made), is_waited_for_last(made), unready(made)) == (
        kind in WAITED,
        False,
        WAITED.get(kind, ""),
    )


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
