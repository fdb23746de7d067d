"""What is known of Kubernetes kinds before any cluster is asked: which have no namespace, which may not be deployed."""

from typing import Any

CUSTOM_RESOURCE_DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")

FORBIDDEN = {
    ("", "Pod"): "deploy a Deployment, which keeps its pods alive",
    ("apps", "ReplicaSet"): "deploy a Deployment, whose ReplicaSets a rollout makes",
}

CLUSTER_SCOPED = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        CUSTOM_RESOURCE_DEFINITION,
        ("apiregistration.k8s.io", "APIService"),
        ("authentication.k8s.io", "SelfSubjectReview"),
        ("authentication.k8s.io", "TokenReview"),
        ("authorization.k8s.io", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "SubjectAccessReview"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "DeviceTaintRule"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
        ("internal.apiserver.k8s.io", "StorageVersion"),
    }
)

API_VERSIONS = {
    "v1": "ConfigMap Secret Service ServiceAccount Namespace PersistentVolume PersistentVolumeClaim Pod LimitRange "
    "ResourceQuota Endpoints ReplicationController List",
    "apps/v1": "Deployment StatefulSet DaemonSet ReplicaSet",
    "batch/v1": "Job CronJob",
    "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
    "rbac.authorization.k8s.io/v1": "Role RoleBinding ClusterRole ClusterRoleBinding",
    "autoscaling/v2": "HorizontalPodAutoscaler",
    "policy/v1": "PodDisruptionBudget",
    "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    "storage.k8s.io/v1": "StorageClass",
    "scheduling.k8s.io/v1": "PriorityClass",
}
_VERSION_OF = {kind: version for version, kinds in API_VERSIONS.items() for kind in kinds.split()}

GroupKind = tuple[str, str]


def likely_version(kind: object) -> str:
    """The apiVersion that somebody who forgot it meant."""
    known = _VERSION_OF.get(kind, "") if isinstance(kind, str) else ""
    return known or "v1, apps/v1, or that of the kind: kubectl api-resources lists them"


def group_kind(manifest: dict[str, Any]) -> GroupKind:
    group, _, version = manifest["apiVersion"].rpartition("/")
    return (group, manifest["kind"]) if version else ("", manifest["kind"])


def defined_cluster_scoped(manifest: dict[str, Any]) -> GroupKind | None:
    """The cluster-scoped kind that a CustomResourceDefinition brings: its objects beside it get no namespace."""
    spec = manifest.get("spec")
    if (
        group_kind(manifest) != CUSTOM_RESOURCE_DEFINITION
        or not isinstance(spec, dict)
        or spec.get("scope") != "Cluster"
    ):
        return None
    names = spec.get("names")
    group, kind = spec.get("group"), names.get("kind") if isinstance(names, dict) else None
    return (group, kind) if isinstance(group, str) and isinstance(kind, str) else None
