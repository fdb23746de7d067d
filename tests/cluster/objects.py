"""The manifests that the releases of this tier are made of."""

from typing import Any

OLD, NEW, MISSING = "web:v1", "web:v2", "missing.example/web:v2"
PODS = 4


def deployment(image: str, replicas: int | None = PODS, **pod: Any) -> dict[str, Any]:
    """`web`, never with less ready pods than it is to have; `pod` goes into its pods' spec."""
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": image}]} | pod,
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def service(name: str = "web") -> dict[str, Any]:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def config_map(**entries: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": entries}


def autoscaler(least: int = PODS) -> dict[str, Any]:
    """It never takes pods away: nobody measures any. Where there are less than the least, it adds some."""
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": least,
        "maxReplicas": 2 * least,
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": spec,
    }
