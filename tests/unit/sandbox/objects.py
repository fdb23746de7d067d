"""Objects that the sandbox's tests write, with readable defaults."""

from typing import Any

Object = dict[str, Any]


def a_pod_template(app: str = "web", image: str = "shop/web:1", **annotations: str) -> Object:
    metadata: Object = {"labels": {"app": app}}
    if annotations:
        metadata["annotations"] = {f"sandbox.fairlead.dev/{k.replace('_', '-')}": v for k, v in annotations.items()}
    return {"metadata": metadata, "spec": {"containers": [{"name": "web", "image": image}]}}


def a_replica_set(name: str = "web-1", replicas: int = 2, template: Object | None = None) -> Object:
    template = template or a_pod_template()
    spec = {"replicas": replicas, "selector": {"matchLabels": template["metadata"]["labels"]}, "template": template}
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def a_deployment(name: str = "web", replicas: int = 2, template: Object | None = None, **spec: Any) -> Object:
    return {**a_replica_set(name, replicas, template), "kind": "Deployment"} | {
        "spec": {**a_replica_set(name, replicas, template)["spec"], **spec}
    }


def a_config_map(name: str = "settings", **data: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }
