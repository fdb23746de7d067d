"""Creating and replacing: what the server fills in, keeps, refuses; versions and generations."""

from tests.cluster.contract.objects import (
    AUTOSCALERS,
    BUDGETS,
    CONFIG_MAPS,
    CORE,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    INGRESSES,
    JOBS,
    SECRETS,
    SERVICES,
    STATEFUL_SETS,
    a_config_map,
    a_cron_job,
    a_job,
    a_service,
    a_workload,
    an_autoscaler,
    an_object,
)
from tests.cluster.contract.step import MERGE, Object, Step, get, patch, post, put

_SETTINGS = f"{CONFIG_MAPS}/settings"
_WEB = f"{DEPLOYMENTS}/web"


def _with(value: Object, **metadata: object) -> Object:
    return {**value, "metadata": {**value["metadata"], **metadata}}


_RULES = [
    {
        "host": "shop",
        "http": {
            "paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
            ]
        },
    }
]

CASES: dict[str, list[Step]] = {
    "create": [post(CONFIG_MAPS, a_config_map(a="1")), post(CONFIG_MAPS, a_config_map(a="2"))],
    "create for a manager": [post(f"{CONFIG_MAPS}?fieldManager=ours", a_config_map(a="1"))],
    "create in another namespace": [post(CONFIG_MAPS, _with(a_config_map(), namespace="other"))],
    "create in a namespace that is not there": [post("/api/v1/namespaces/nowhere-$NS/configmaps", a_config_map())],
    "create with a version": [post(CONFIG_MAPS, _with(a_config_map(), resourceVersion="1"))],
    "create with what the server keeps": [
        post(CONFIG_MAPS, _with(a_config_map(), uid="3f1e", creationTimestamp="2001-01-01T00:00:00Z", generation=7))
    ],
    "create without a name": [post(CONFIG_MAPS, {**a_config_map(), "metadata": {}})],
    "create as a rehearsal": [post(f"{CONFIG_MAPS}?dryRun=All", a_config_map(a="1")), get(_SETTINGS)],
    "create with a name to come": [
        post(f"{CONFIG_MAPS}?dryRun=All", {**a_config_map(), "metadata": {"generateName": "brandnew-"}})
    ],
    "create a deployment": [post(f"{DEPLOYMENTS}?dryRun=All", a_workload())],
    "create a stateful set": [
        post(f"{STATEFUL_SETS}?dryRun=All", a_workload("StatefulSet", serviceName="web")),
    ],
    "create a daemon set": [post(f"{DAEMON_SETS}?dryRun=All", a_workload("DaemonSet", replicas=None))],  # type: ignore[arg-type]
    "create a job": [post(f"{JOBS}?dryRun=All", a_job())],
    "create a cron job": [post(f"{CRON_JOBS}?dryRun=All", a_cron_job())],
    "create an autoscaler": [post(f"{AUTOSCALERS}?dryRun=All", an_autoscaler())],
    "create a service": [post(SERVICES, a_service()), get(f"{SERVICES}/web")],
    "create a headless service": [post(SERVICES, a_service(clusterIP="None"))],
    "create a secret": [
        post(SECRETS, an_object("v1", "Secret", "keys", stringData={"a": "1"}, data={"b": "Mg=="})),
    ],
    "create an ingress": [post(INGRESSES, an_object("networking.k8s.io/v1", "Ingress", "web", spec={"rules": _RULES}))],
    "create a budget": [
        post(
            f"{BUDGETS}?dryRun=All",
            an_object(
                "policy/v1",
                "PodDisruptionBudget",
                "web",
                spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
            ),
        )
    ],
    "create a service account": [post(f"{CORE}/serviceaccounts", an_object("v1", "ServiceAccount", "ours"))],
    "create with ports and probes": [
        post(
            f"{DEPLOYMENTS}?dryRun=All",
            a_workload(
                template={
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {
                        "containers": [
                            {
                                "name": "web",
                                "image": "shop/web",
                                "ports": [{"containerPort": 80}],
                                "env": [{"name": "A", "value": "1"}],
                                "envFrom": [{"configMapRef": {"name": "settings"}}],
                                "readinessProbe": {"httpGet": {"path": "/", "port": 80}},
                                "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": 1}},
                                "volumeMounts": [{"name": "settings", "mountPath": "/etc/shop"}],
                            }
                        ],
                        "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
                    },
                }
            ),
        )
    ],
    "replace": [
        post(CONFIG_MAPS, a_config_map(a="1")),
        put(_SETTINGS, a_config_map(b="2"), versions=True),
        put(_SETTINGS, a_config_map(b="2"), versions=True),
        get(_SETTINGS, versions=True),
    ],
    "replace what is not there": [put(_SETTINGS, a_config_map(b="2"))],
    "replace at a version": [
        post(CONFIG_MAPS, a_config_map(a="1")),
        put(_SETTINGS, _with(a_config_map(a="2"), resourceVersion="@0:metadata.resourceVersion")),
        put(_SETTINGS, _with(a_config_map(a="3"), resourceVersion="@0:metadata.resourceVersion")),
        put(_SETTINGS, _with(a_config_map(a="4"), resourceVersion="@1:metadata.resourceVersion")),
    ],
    "replace another": [
        post(CONFIG_MAPS, a_config_map(a="1")),
        put(_SETTINGS, a_config_map("other", a="2")),
        put(_SETTINGS, _with(a_config_map(a="2"), uid="e2b0a6d6-0000-0000-0000-000000000000")),
    ],
    "replace as a rehearsal": [
        post(CONFIG_MAPS, a_config_map(a="1")),
        put(f"{_SETTINGS}?dryRun=All", a_config_map(b="2")),
        get(_SETTINGS, versions=True),
    ],
    "replace by another manager": [
        post(f"{CONFIG_MAPS}?fieldManager=one", a_config_map(a="1", b="1")),
        put(f"{_SETTINGS}?fieldManager=two", a_config_map(a="1", b="2", c="2")),
        put(f"{_SETTINGS}?fieldManager=three", a_config_map(c="2")),
    ],
    "replace a service without its address": [
        post(SERVICES, a_service()),
        put(f"{SERVICES}/web", a_service(selector={"app": "next"})),
    ],
    "replace what may not change": [
        post(CONFIG_MAPS, {**a_config_map(a="1"), "immutable": True}),
        put(_SETTINGS, {**a_config_map(a="2"), "immutable": True}),
        put(_SETTINGS, a_config_map(a="1")),
    ],
    "generations": [
        post(DEPLOYMENTS, a_workload(paused=True)),
        patch(MERGE, _WEB, {"metadata": {"labels": {"a": "1"}}}),
        patch(MERGE, _WEB, {"spec": {"minReadySeconds": 1}}),
        patch(MERGE, _WEB, {"spec": {"minReadySeconds": 1}}),
        patch(MERGE, f"{_WEB}/status", {"status": {"collisionCount": 3}}),
        get(f"{_WEB}/status"),
    ],
}
