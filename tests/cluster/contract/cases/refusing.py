"""What no server does: wrong paths, methods, bodies, media types, and objects that do not fit."""

from tests.cluster.contract.objects import (
    AUTOSCALERS,
    CONFIG_MAPS,
    CORE,
    CRON_JOBS,
    DEPLOYMENTS,
    JOBS,
    PODS,
    QUOTAS,
    SERVICES,
    STATEFUL_SETS,
    a_config_map,
    a_cron_job,
    a_job,
    a_service,
    a_template,
    a_workload,
    an_autoscaler,
    an_object,
)
from tests.cluster.contract.step import JSON, MERGE, Object, Step, delete, get, patch, post, put

_SETTINGS = f"{CONFIG_MAPS}/settings"
_WEB = f"{DEPLOYMENTS}/web"


def _all_of(path: str, *values: Object) -> list[Step]:
    """Each refused by a rehearsal."""
    return [post(f"{path}?dryRun=All", value) for value in values]


def _ports(*ports: Object) -> Object:
    return a_workload(template=a_template(ports=list(ports)))


def _named(name: str, **metadata: object) -> Object:
    return {**a_config_map(), "metadata": {"name": name, **metadata}}


_SMALL = {"requests.cpu": "500m", "pods": "5"}

CASES: dict[str, list[Step]] = {
    "unknown paths": [
        get("/nowhere"),
        get("/api/v2"),
        get("/apis/nothing.example.com/v1"),
        get(f"{CORE}/nothings"),
        get(f"{_SETTINGS}/parts"),
        get("/apis/apps/v1/deployments/web"),
        get("/apis/apps/v9/namespaces/$NS/deployments"),
        post("/apis/apps/v1/deployments", a_workload()),
    ],
    "methods that are not allowed": [
        Step(method="PUT", path=CONFIG_MAPS, body=a_config_map()),
        Step(method="POST", path=_SETTINGS, body=a_config_map()),
        Step(method="PATCH", path=CONFIG_MAPS, body={}, media=MERGE),
        Step(method="OPTIONS", path=CONFIG_MAPS),
        post(f"{_WEB}/scale", {}),
        delete(f"{_WEB}/status"),
    ],
    "bodies that cannot be read": [
        post(CONFIG_MAPS, b"{"),
        post(CONFIG_MAPS, b"[1, 2]"),
        post(CONFIG_MAPS, b'"words"'),
        post(CONFIG_MAPS, b"a: [", media="application/yaml"),
        post(CONFIG_MAPS, b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n", media="application/yaml"),
        post(CONFIG_MAPS, b""),
        put(_SETTINGS, b"{"),
        patch(MERGE, _SETTINGS, b"{"),
    ],
    "patches that cannot be read": [
        post(CONFIG_MAPS, a_config_map()),
        patch(MERGE, _SETTINGS, b"{"),
        patch(MERGE, _SETTINGS, b"[]"),
        patch(MERGE, _SETTINGS, b""),
    ],
    "media types that nobody reads": [
        post(CONFIG_MAPS, a_config_map(), media="text/plain"),
        post(CONFIG_MAPS, a_config_map()),
        patch(JSON, _SETTINGS, {}),
        patch("text/plain", _SETTINGS, {}),
        get(_SETTINGS, accept="text/html"),
    ],
    "another kind than the path's": [
        post(CONFIG_MAPS, an_object("v1", "Secret", "settings")),
        post(CONFIG_MAPS, {"metadata": {"name": "settings"}}),
        post(CONFIG_MAPS, an_object("apps/v1", "ConfigMap", "settings")),
        post(DEPLOYMENTS, an_object("apps/v1beta1", "Deployment", "web")),
        post(CONFIG_MAPS, an_object("v1", "", "settings")),
    ],
    "unknown fields, strictly": [
        post(f"{DEPLOYMENTS}?fieldValidation=Strict&dryRun=All", a_workload(replikas=1)),
        post(f"{DEPLOYMENTS}?fieldValidation=Strict&dryRun=All", {**a_workload(replikas=1), "spek": {}}),
        post(f"{DEPLOYMENTS}?fieldValidation=Strict&dryRun=All", a_workload(template=a_template(port=80))),
        post(f"{CONFIG_MAPS}?fieldValidation=Strict&dryRun=All", _named("settings", label={})),
        post(f"{DEPLOYMENTS}?fieldValidation=Perhaps&dryRun=All", a_workload()),
        post(
            f"{CONFIG_MAPS}?fieldValidation=Strict",
            b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"1","a":"2"}}',
        ),
    ],
    "unknown fields, with a warning": [
        post(f"{DEPLOYMENTS}?dryRun=All", a_workload(replikas=1)),
        post(f"{DEPLOYMENTS}?fieldValidation=Ignore&dryRun=All", a_workload(replikas=1)),
    ],
    "values of another type": _all_of(DEPLOYMENTS, a_workload(replicas="two"), a_workload(template="none"))  # type: ignore[arg-type]
    + _all_of(CONFIG_MAPS, {**a_config_map(), "data": {"a": 1}}, {**a_config_map(), "data": []}),
    "names that are none": _all_of(
        CONFIG_MAPS,
        _named("Settings"),
        _named("-settings"),
        _named("a" * 254),
        _named("a b"),
        _named("settings", labels={"a b": "1"}),
        _named("settings", labels={"a": "b c"}),
        _named("settings", annotations={"a b": "1"}),
        _named("settings", labels={"a": 1}),
        _named("settings", finalizers=["nope nope"]),
    )
    + _all_of(SERVICES, a_service("Web"), a_service("1web"), a_service("w.eb")),
    "rehearsals of another word": [post(f"{CONFIG_MAPS}?dryRun=Some", a_config_map())],
    "managers of another form": [post(f"{CONFIG_MAPS}?fieldManager={'m' * 129}", a_config_map())],
    "deployments that do not fit": _all_of(
        DEPLOYMENTS,
        a_workload(selector={"matchLabels": {"app": "other"}}),
        a_workload(selector=None),
        a_workload(selector={}),
        a_workload(replicas=-1),
        a_workload(minReadySeconds=-1, revisionHistoryLimit=-1),
        a_workload(minReadySeconds=600, progressDeadlineSeconds=600),
        a_workload(strategy={"type": "Sideways"}),
        a_workload(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
        a_workload(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
        a_workload(strategy={"rollingUpdate": {"maxSurge": "10", "maxUnavailable": "120%"}}),
        a_workload(strategy={"rollingUpdate": {"maxSurge": -1}}),
        a_workload(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}),
        a_workload(template={"metadata": {"labels": {"app": "web"}}, "spec": {}}),
        a_workload(template=a_template("")),
        a_workload(template=a_template(name="Web")),
        a_workload(template=a_template(imagePullPolicy="Often")),
        an_object("apps/v1", "Deployment", "web"),
        an_object("apps/v1", "Deployment", "web", spec={}),
    ),
    "containers that do not fit": _all_of(
        DEPLOYMENTS,
        a_workload(
            template={
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "a", "image": "a"}, {"name": "a", "image": "b"}]},
            }
        ),
        a_workload(template={"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{}]}}),
        a_workload(
            template={
                "metadata": {"labels": {"app": "web"}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]},
            }
        ),
        a_workload(template=a_template(env=[{"value": "1"}])),
        a_workload(template=a_template(env=[{"name": "a b", "value": "1"}])),
        a_workload(template=a_template(volumeMounts=[{"name": "none", "mountPath": "/x"}])),
        a_workload(template=a_template(resources={"requests": {"cpu": "lots"}})),
        a_workload(template=a_template(resources={"requests": {"cpu": 2}, "limits": {"cpu": 1}})),
    ),
    "container ports that do not fit": _all_of(
        DEPLOYMENTS,
        _ports({"containerPort": 0}),
        _ports({"containerPort": 65536}),
        _ports({"containerPort": -1}),
        _ports({"containerPort": 80, "hostPort": 70000}),
        _ports({"containerPort": 80, "name": "much-too-long-name"}),
        _ports({"containerPort": 80, "name": "80"}),
        _ports({"containerPort": 80, "name": "a--b"}),
        _ports({"containerPort": 80, "name": "-a"}),
        _ports({"containerPort": 80, "protocol": "HTTP"}),
        _ports({"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}),
    ),
    "services that do not fit": _all_of(
        SERVICES,
        a_service(ports=[]),
        a_service(ports=[{"port": 0}]),
        a_service(ports=[{"port": 65536}]),
        a_service(ports=[{"port": 80, "targetPort": 0}]),
        a_service(ports=[{"port": 80, "targetPort": "much-too-long-name"}]),
        a_service(ports=[{"port": 80}, {"port": 81}]),
        a_service(ports=[{"port": 80, "name": "a"}, {"port": 81, "name": "a"}]),
        a_service(ports=[{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]),
        a_service(ports=[{"port": 80, "name": "A"}]),
        a_service(ports=[{"port": 80, "protocol": "HTTP"}]),
        a_service(type="Sideways"),
        a_service(clusterIP="nonsense"),
    ),
    "autoscalers that do not fit": _all_of(
        AUTOSCALERS,
        an_autoscaler(maxReplicas=1),
        an_autoscaler(maxReplicas=0),
        an_autoscaler(minReplicas=0),
        an_autoscaler(scaleTargetRef={"kind": "Deployment", "name": ""}),
    ),
    "jobs that do not fit": _all_of(
        JOBS,
        a_job(template=a_template()),
        a_job(completions=-1),
        a_job(parallelism=-1),
        a_job(backoffLimit=-1),
        an_object("batch/v1", "Job", "once", spec={}),
    ),
    "cron jobs that do not fit": _all_of(
        CRON_JOBS,
        a_cron_job(schedule="61 * * * *"),
        a_cron_job(schedule=""),
        a_cron_job(timeZone="Moon/Tycho"),
        a_cron_job(concurrencyPolicy="Perhaps"),
        a_cron_job(successfulJobsHistoryLimit=-1),
        a_cron_job(startingDeadlineSeconds=-1),
    ),
    "stateful sets that do not fit": _all_of(
        STATEFUL_SETS,
        a_workload("StatefulSet", replicas=-1),
        a_workload("StatefulSet", podManagementPolicy="Sideways"),
        a_workload("StatefulSet", updateStrategy={"type": "Sideways"}),
    ),
    "selectors do not change": [
        post(DEPLOYMENTS, a_workload(paused=True)),
        patch(MERGE, _WEB, {"spec": {"selector": {"matchLabels": {"app": "other"}}}}),
        patch(
            MERGE,
            _WEB,
            {
                "spec": {
                    "selector": {"matchLabels": {"app": "x"}},
                    "template": {"metadata": {"labels": {"app": "x"}}},
                }
            },
        ),
    ],
    "pods do not change": [
        post(PODS, {**an_object("v1", "Pod", "web", spec={**a_template()["spec"], "nodeName": "nowhere"})}),
        patch(MERGE, f"{PODS}/web", {"spec": {"hostname": "elsewhere"}}),
    ],
    "jobs do not change": [
        post(JOBS, a_job(suspend=True)),
        patch(MERGE, f"{JOBS}/once", {"spec": {"completions": 4}}),
        patch(MERGE, f"{JOBS}/once", {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}),
    ],
    "services keep their address": [
        post(SERVICES, a_service()),
        patch(MERGE, f"{SERVICES}/web", {"spec": {"clusterIP": "10.96.255.254"}}),
    ],
    # The controllers of a real cluster are told here what is used, so that none has to be waited for.
    "quota of objects": [
        post(QUOTAS, an_object("v1", "ResourceQuota", "few", spec={"hard": {"services": "1"}})),
        patch(MERGE, f"{QUOTAS}/few/status", {"status": {"hard": {"services": "1"}, "used": {"services": "0"}}}),
        post(SERVICES, a_service("one")),
        get(f"{QUOTAS}/few", until=lambda value: value["status"]["used"]["services"] == "1"),
        post(SERVICES, a_service("two")),
        post(f"{SERVICES}?dryRun=All", a_service("two")),
    ],
    "quota of compute": [
        post(QUOTAS, an_object("v1", "ResourceQuota", "small", spec={"hard": _SMALL})),
        patch(
            MERGE, f"{QUOTAS}/small/status", {"status": {"hard": _SMALL, "used": {"requests.cpu": "0", "pods": "0"}}}
        ),
        post(PODS, an_object("v1", "Pod", "one", spec=a_template()["spec"])),
        post(PODS, an_object("v1", "Pod", "one", spec=a_template(resources={"requests": {"cpu": "1"}})["spec"])),
    ],
}
