"""In which order objects are applied: what others need to exist comes first."""

from collections.abc import Iterable
from enum import IntEnum

from libs.workload.kinds.objects import Object, identity


class Rank(IntEnum):
    """First to last. Deployments have none: they become ReplicaSets after everything here."""

    NAMESPACES = 0
    DEFINITIONS = 1
    IDENTITIES = 2
    ROLES = 3
    BINDINGS = 4
    SETTINGS = 5
    STORAGE = 6
    SERVICES = 7
    ROUTES = 8
    OTHERS = 9
    WORKLOADS = 10
    LIMITS = 11


_RBAC = "rbac.authorization.k8s.io"
_RANKS = {
    ("", "Namespace"): Rank.NAMESPACES,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Rank.DEFINITIONS,
    ("", "ServiceAccount"): Rank.IDENTITIES,
    (_RBAC, "Role"): Rank.ROLES,
    (_RBAC, "ClusterRole"): Rank.ROLES,
    (_RBAC, "RoleBinding"): Rank.BINDINGS,
    (_RBAC, "ClusterRoleBinding"): Rank.BINDINGS,
    ("", "Secret"): Rank.SETTINGS,
    ("", "ConfigMap"): Rank.SETTINGS,
    ("storage.k8s.io", "StorageClass"): Rank.STORAGE,
    ("", "PersistentVolume"): Rank.STORAGE,
    ("", "PersistentVolumeClaim"): Rank.STORAGE,
    ("", "Service"): Rank.SERVICES,
    ("networking.k8s.io", "Ingress"): Rank.ROUTES,
    ("apps", "StatefulSet"): Rank.WORKLOADS,
    ("apps", "DaemonSet"): Rank.WORKLOADS,
    ("", "ReplicationController"): Rank.WORKLOADS,
    ("batch", "Job"): Rank.WORKLOADS,
    ("batch", "CronJob"): Rank.WORKLOADS,
    ("argoproj.io", "Rollout"): Rank.WORKLOADS,
    ("autoscaling", "HorizontalPodAutoscaler"): Rank.LIMITS,
    ("policy", "PodDisruptionBudget"): Rank.LIMITS,
    ("keda.sh", "ScaledObject"): Rank.LIMITS,
    # What intercepts requests or serves them comes when the pods that answer have had their chance.
    ("apiregistration.k8s.io", "APIService"): Rank.LIMITS,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): Rank.LIMITS,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): Rank.LIMITS,
}
_MESHES = (
    "networking.istio.io",
    "security.istio.io",
    "split.smi-spec.io",
    "specs.smi-spec.io",
    "access.smi-spec.io",
    "gateway.networking.k8s.io",
    "linkerd.io",
    "policy.linkerd.io",
    "traefik.io",
    "projectcontour.io",
)


def rank(value: Object) -> Rank:
    found = identity(value)
    if found.group in _MESHES:
        return Rank.ROUTES
    return _RANKS.get((found.group, found.kind), Rank.OTHERS)


def ranked(values: Iterable[Object]) -> tuple[tuple[Object, ...], ...]:
    """The objects rank by rank, first to last; reverse it to take things away."""
    ranks: dict[Rank, list[Object]] = {}
    for value in values:
        ranks.setdefault(rank(value), []).append(value)
    return tuple(tuple(ranks[number]) for number in sorted(ranks))
