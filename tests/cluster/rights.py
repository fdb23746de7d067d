"""The agent's ServiceAccount, with the roles that `k8s/agent` ships: nothing here says what it may do."""

from pathlib import Path
from typing import Any

import yaml

from tests.e2e.manifests import rendered
from tools.kubernetes.cluster import Cluster

NAMESPACE = NAME = "fairlead-agent"
USER = f"system:serviceaccount:{NAMESPACE}:{NAME}"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
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
