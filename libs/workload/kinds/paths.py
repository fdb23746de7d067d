"""Where an object lives in the API: the built-in kinds by table, custom ones by the usual plural."""

from urllib.parse import quote, urlencode

from libs.workload.kinds.objects import Identity, Object, group_of, identity, text

_PLURALS = {"Endpoints": "endpoints"}
"""Built-in kinds that the usual rule gets wrong."""

_CLUSTER_WIDE = {
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
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
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
    ("storage.k8s.io", "VolumeAttributesClass"),
}


def is_namespaced(value: Object, manifests: tuple[Object, ...] = ()) -> bool:
    """Whether this kind lives in a namespace; a custom one is looked up in the definitions among `manifests`."""
    kind = (group_of(text(value, "apiVersion")), text(value, "kind"))
    for manifest in manifests:
        defined = (text(manifest, "spec", "group"), text(manifest, "spec", "names", "kind"))
        if manifest.get("kind") == "CustomResourceDefinition" and defined == kind:
            return text(manifest, "spec", "scope") != "Cluster"
    return kind not in _CLUSTER_WIDE


def plural_of(kind: str) -> str:
    if kind in _PLURALS:
        return _PLURALS[kind]
    lower = kind.lower()
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return lower[:-1] + "ies"
    return lower + ("es" if lower.endswith(("s", "x", "z", "ch", "sh")) else "s")


def collection_path(api_version: str, kind: str, namespace: str) -> str:
    root = f"/apis/{api_version}" if group_of(api_version) else f"/api/{api_version}"
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{root}{scope}/{plural_of(kind)}"


def object_path(api_version: str, target: Identity) -> str:
    return f"{collection_path(api_version, target.kind, target.namespace)}/{quote(target.name, safe=':')}"


def path_of(value: Object) -> str:
    return object_path(text(value, "apiVersion"), identity(value))


def with_query(path: str, **parameters: str) -> str:
    return f"{path}?{urlencode(parameters)}"
