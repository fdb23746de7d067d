"""What is in a cluster before anybody puts something there: its first namespaces and its nodes."""

from sandbox.objects.json import Object
from sandbox.objects.kinds import NAMESPACE, NODE, SERVICE
from sandbox.objects.ownership import Author
from sandbox.simulation.nodes import node
from sandbox.state.cluster import Cluster, Intent
from sandbox.state.store import Ref

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
SERVER = Intent(Author(name="kube-apiserver"))


def seed(cluster: Cluster, nodes: int) -> None:
    """Only what is missing: a cluster that was read back from its journal keeps its own."""
    for name in NAMESPACES:
        if cluster.store.record(Ref(NAMESPACE.resource, "", name)) is None:
            cluster.create(NAMESPACE, _named("v1", "Namespace", name), SERVER)
    for number in range(1, nodes + 1):
        if cluster.store.record(Ref(NODE.resource, "", f"sandbox-{number}")) is None:
            cluster.create(NODE, node(f"sandbox-{number}"), SERVER)
    if cluster.store.record(Ref(SERVICE.resource, "default", "kubernetes")) is None:
        ports = [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]
        spec = {"clusterIP": "10.96.0.1", "ports": ports}
        service = {**_named("v1", "Service", "kubernetes"), "spec": spec}
        service["metadata"]["namespace"] = "default"
        cluster.create(SERVICE, service, SERVER)


def _named(version: str, kind: str, name: str) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}
