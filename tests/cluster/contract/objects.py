"""Objects that the cases write, and where they live."""

from typing import Any

from tests.cluster.contract.step import Object

CORE, APPS = "/api/v1/namespaces/$NS", "/apis/apps/v1/namespaces/$NS"
CONFIG_MAPS, SERVICES, PODS = f"{CORE}/configmaps", f"{CORE}/services", f"{CORE}/pods"
SECRETS, QUOTAS, ENDPOINTS = f"{CORE}/secrets", f"{CORE}/resourcequotas", f"{CORE}/endpoints"
DEPLOYMENTS, REPLICA_SETS = f"{APPS}/deployments", f"{APPS}/replicasets"
STATEFUL_SETS, DAEMON_SETS = f"{APPS}/statefulsets", f"{APPS}/daemonsets"
JOBS, CRON_JOBS = "/apis/batch/v1/namespaces/$NS/jobs", "/apis/batch/v1/namespaces/$NS/cronjobs"
AUTOSCALERS = "/apis/autoscaling/v2/namespaces/$NS/horizontalpodautoscalers"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/$NS/ingresses"
BUDGETS = "/apis/policy/v1/namespaces/$NS/poddisruptionbudgets"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/$NS/endpointslices"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def an_object(api_version: str, kind: str, name: str, **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def a_config_map(name: str = "settings", labels: dict[str, str] | None = None, **data: str) -> Object:
    value = an_object("v1", "ConfigMap", name, data=data)
    return {**value, "metadata": {**value["metadata"], "labels": labels}} if labels else value


def a_template(image: str = "shop/web:1", app: str = "web", **container: Any) -> Object:
    labels = {"app": app}
    return {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": image, **container}]}}


def a_workload(kind: str = "Deployment", name: str = "web", replicas: int = 0, **spec: Any) -> Object:
    told = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": a_template(), **spec}
    return an_object("apps/v1", kind, name, spec={name: item for name, item in told.items() if item is not None})


def a_service(name: str = "web", **spec: Any) -> Object:
    return an_object("v1", "Service", name, spec={"selector": {"app": "web"}, "ports": [{"port": 80}], **spec})


def a_job(name: str = "once", **spec: Any) -> Object:
    template = a_template()
    template["spec"]["restartPolicy"] = "Never"
    return an_object("batch/v1", "Job", name, spec={"template": template, **spec})


def a_cron_job(name: str = "nightly", **spec: Any) -> Object:
    told = {"schedule": "0 3 * * *", "jobTemplate": {"spec": a_job()["spec"]}, **spec}
    return an_object("batch/v1", "CronJob", name, spec=told)


def an_autoscaler(**spec: Any) -> Object:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    told = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 4, **spec}
    return an_object("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=told)


def a_definition(**version: Any) -> Object:
    """A kind in a group of its own, so that cases do not meet."""
    properties = {"size": {"type": "integer", "minimum": 1}, "color": {"type": "string", "enum": ["red", "blue"]}}
    spec = {"type": "object", "properties": {**properties, "mood": {"type": "string", "default": "calm"}}}
    schema = {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "spec": {**spec, "required": ["size"]},
            "status": {"type": "object", "properties": {"seen": {"type": "integer"}}},
        },
    }
    told = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "shortNames": ["th"]}
    definition = {"group": "$NS.example.com", "scope": "Namespaced", "names": names, "versions": [told]}
    return an_object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.$NS.example.com", spec=definition)


THINGS = "/apis/$NS.example.com/v1/namespaces/$NS/things"


def a_thing(name: str = "one", **spec: Any) -> Object:
    return an_object("$NS.example.com/v1", "Thing", name, spec={"size": 3, **spec})
