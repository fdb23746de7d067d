"""Where objects live in the API."""

import pytest

from libs.spec.kinds import CLUSTER_SCOPED, group_kind
from libs.workload.kinds.objects import Object
from libs.workload.kinds.paths import is_namespaced, path_of, plural_of
from tests.unit.workload.build import plain


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (plain("ConfigMap", "c"), "/api/v1/namespaces/shop/configmaps/c"),
        (plain("Ingress", "i", "networking.k8s.io/v1"), "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/i"),
        (plain("Namespace", "shop", namespace=""), "/api/v1/namespaces/shop"),
        (plain("Role", "a/b", "r/v1"), "/apis/r/v1/namespaces/shop/roles/a%2Fb"),
    ],
)
def test_path_of_an_object(value: Object, path: str) -> None:
    assert path_of(value) == path


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("NetworkPolicy", "networkpolicies"),
        ("Gateway", "gateways"),
        ("Endpoints", "endpoints"),
        ("StorageClass", "storageclasses"),
        ("Patch", "patches"),
    ],
)
def test_plural_of_a_kind(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural


def test_custom_kind_is_looked_up() -> None:
    widget = plain("Widget", "w", "example.org/v1")
    definition = plain(
        "CustomResourceDefinition",
        "widgets.example.org",
        "apiextensions.k8s.io/v1",
        spec={"group": "example.org", "names": {"kind": "Widget"}, "scope": "Cluster"},
    )
    assert is_namespaced(widget)
    assert not is_namespaced(widget, (definition,))
    assert not is_namespaced(plain("ClusterRole", "r", "rbac.authorization.k8s.io/v1"))


@pytest.mark.parametrize(
    ("kind", "version"),
    [
        ("GatewayClass", "gateway.networking.k8s.io/v1"),
        ("DeviceTaintRule", "resource.k8s.io/v1alpha3"),
        ("ClusterRole", "rbac.authorization.k8s.io/v1"),
    ],
)
def test_door_and_cluster_agree_on_what_has_no_namespace(kind: str, version: str) -> None:
    value = plain(kind, "x", version)
    assert not is_namespaced(value)
    assert group_kind(value) in CLUSTER_SCOPED
