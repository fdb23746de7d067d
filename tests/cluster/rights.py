"""The agent's ServiceAccount, with the roles that `k8s/agent` ships: nothing here says what it may do."""

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.manifests import rendered
from tools.kubernetes.cluster import Cluster

NAMESPACE = NAME = "fairlead-agent"
USER = f"system:serviceaccount:{NAMESPACE}:{NAME}"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_NARROW = "fairlead-agent-narrow"
NARROW_USER = f"system:serviceaccount:{NAMESPACE}:{_NARROW}"
"""Of the agent that may touch one namespace; the other's rights would reach everywhere."""
_PATHS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts",
    "ClusterRole": f"{_RBAC}/clusterroles",
    "ClusterRoleBinding": f"{_RBAC}/clusterrolebindings",
}


async def grant(cluster: Cluster, folder: Path) -> Path:
    """Make it, and return a kubeconfig that carries its token."""
    objects = yaml.safe_load_all(rendered(folder, "agent"))
    for value in sorted(
        (one for one in objects if one["kind"] in _PATHS), key=lambda one: list(_PATHS).index(one["kind"])
    ):
        await cluster.api.ask("POST", _PATHS[value["kind"]], value)
    return cluster.write_kubeconfig("agent", await cluster.account(NAMESPACE, NAME))


async def grant_more(cluster: Cluster, name: str, rules: list[dict[str, Any]]) -> None:
    """What an operator does for kinds of their own: a role with the label that the agent's rights are gathered by."""
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {"fairlead.dev/agent": "true"}},
        "rules": rules,
    }
    await cluster.api.ask("POST", _PATHS["ClusterRole"], role)


async def grant_in_namespace(cluster: Cluster, folder: Path, namespace: str) -> Path:
    """What `k8s/overlays/agent-namespaced` lets an agent do, and nothing else; a kubeconfig that carries its token."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _NARROW}}
    await cluster.api.ask("POST", _PATHS["ServiceAccount"], account)
    for value in yaml.safe_load_all(rendered(folder, "overlays/agent-namespaced")):
        if value["kind"] in ("Role", "RoleBinding"):
            value["metadata"]["namespace"] = namespace
            for subject in value.get("subjects", []):
                subject["name"] = _NARROW
            path = f"{_RBAC}/namespaces/{namespace}/{value['kind'].lower()}s"
            await cluster.api.ask("POST", path, value)
    return cluster.write_kubeconfig("narrow", await cluster.account(NAMESPACE, _NARROW))
