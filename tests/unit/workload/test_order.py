"""What others need comes first."""

from libs.workload.kinds.order import ranked
from tests.unit.workload.build import plain, service, settings

NAMES = {"rbac": "rbac.authorization.k8s.io/v1", "crd": "apiextensions.k8s.io/v1", "autoscaling": "autoscaling/v2"}


def test_objects_go_rank_by_rank() -> None:
    objects = [
        plain("HorizontalPodAutoscaler", "h", "autoscaling/v2"),
        plain("StatefulSet", "s", "apps/v1"),
        plain("Widget", "w", "example.org/v1"),
        plain("VirtualService", "v", "networking.istio.io/v1"),
        service(),
        plain("PersistentVolumeClaim", "p"),
        settings(),
        plain("RoleBinding", "b", NAMES["rbac"]),
        plain("Role", "r", NAMES["rbac"]),
        plain("ServiceAccount", "a"),
        plain("CustomResourceDefinition", "c", NAMES["crd"]),
        plain("Namespace", "n"),
    ]
    assert [rank[0]["kind"] for rank in ranked(objects)] == [value["kind"] for value in reversed(objects)]


def test_equals_share_a_rank() -> None:
    assert len(ranked([settings(), plain("Secret", "s")])) == 1


def test_group_decides_not_only_kind() -> None:
    ours, knative = service(), plain("Service", "k", "serving.knative.dev/v1")
    assert [len(rank) for rank in ranked([knative, ours])] == [1, 1]
