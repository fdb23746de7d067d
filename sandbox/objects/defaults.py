"""What does the API server fill in that the author left out?"""

import base64
from collections.abc import Callable
from typing import Any

from sandbox.objects.json import Object, at, items, placed, table, text
from sandbox.objects.kinds import Kind

_POD: Object = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER: Object = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_READABLE = ("configMap", "secret", "projected", "downwardAPI")
_ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}


def defaulted(kind: Kind, value: Object) -> Object:
    """A copy in which every field has its default that the controllers and kubectl count on."""
    if kind.is_custom:
        return value
    if kind.template is not None and at(value, *kind.template, "spec") is not None:
        place = (*kind.template, "spec")
        value = placed(value, place, _pod(table(value, *place)))
    if kind.template == ():
        value = placed(value, ("spec",), _under({"enableServiceLinks": True}, table(value, "spec")))
    fill = _BY_KIND.get(kind.name)
    return fill(value) if fill else value


def _under(defaults: Object, value: Object) -> Object:
    return {**defaults, **{name: item for name, item in value.items() if item is not None}}


def _pod(spec: Object) -> Object:
    lists = {
        name: [_container(item) for item in spec[name]]
        for name in ("containers", "initContainers")
        if isinstance(spec.get(name), list)
    }
    if isinstance(spec.get("volumes"), list):
        lists["volumes"] = [_volume(item) for item in spec["volumes"]]
    return {**_under(_POD, spec), **lists}


def _container(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    image = text(value, "image")
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    floats = "@" not in image and tag in {"", "latest"}
    filled = _under({**_CONTAINER, "imagePullPolicy": "Always" if floats else "IfNotPresent"}, value)
    for name in ("readinessProbe", "livenessProbe", "startupProbe"):
        if isinstance(filled.get(name), dict):
            filled[name] = _probe(filled[name])
    return _with_protocols(filled, "ports")


def _probe(probe: Object) -> Object:
    filled = _under({"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}, probe)
    get = filled.get("httpGet")
    return {**filled, "httpGet": _under({"path": "/", "scheme": "HTTP"}, get)} if isinstance(get, dict) else filled


def _volume(volume: Any) -> Any:
    """Whoever mounts a ConfigMap or a Secret may read it."""
    if not isinstance(volume, dict):
        return volume
    modes = {
        name: _under({"defaultMode": 0o644}, volume[name]) for name in _READABLE if isinstance(volume.get(name), dict)
    }
    return {**volume, **modes}


def _with_protocols(value: Object, name: str) -> Object:
    if not isinstance(value.get(name), list):
        return value
    ports = [_under({"protocol": "TCP"}, port) if isinstance(port, dict) else port for port in value[name]]
    return {**value, name: ports}


def _spec(**defaults: Any) -> Callable[[Object], Object]:
    return lambda value: {**value, "spec": _under(defaults, table(value, "spec"))}


def _deployment(value: Object) -> Object:
    filled = _spec(replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy=_ROLLING)(value)
    strategy = _under({"type": "RollingUpdate"}, table(filled, "spec", "strategy"))
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = _under(_ROLLING["rollingUpdate"], table(strategy, "rollingUpdate"))  # type: ignore[arg-type]
    return placed(filled, ("spec", "strategy"), strategy)


def _stateful_set(value: Object) -> Object:
    kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    filled = _spec(
        replicas=1,
        revisionHistoryLimit=10,
        podManagementPolicy="OrderedReady",
        persistentVolumeClaimRetentionPolicy=kept,
    )(value)
    strategy = _under({"type": "RollingUpdate"}, table(filled, "spec", "updateStrategy"))
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = _under({"partition": 0}, table(strategy, "rollingUpdate"))
    return placed(filled, ("spec", "updateStrategy"), strategy)


def _daemon_set(value: Object) -> Object:
    filled = _spec(revisionHistoryLimit=10)(value)
    strategy = _under({"type": "RollingUpdate"}, table(filled, "spec", "updateStrategy"))
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = _under({"maxUnavailable": 1, "maxSurge": 0}, table(strategy, "rollingUpdate"))
    filled = placed(filled, ("metadata", "annotations", "deprecated.daemonset.template.generation"), "1")
    return placed(filled, ("spec", "updateStrategy"), strategy)


def _service(value: Object) -> Object:
    defaults = {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"}
    spec = _with_protocols(_under(defaults, table(value, "spec")), "ports")
    ports = [
        {**port, "targetPort": port.get("targetPort") or port.get("port", 0)} if isinstance(port, dict) else port
        for port in items(spec, "ports")
    ]
    return {**value, "spec": {**spec, "ports": ports} if ports else spec}


def selecting(job: Object) -> Object:
    """A Job finds its pods by labels that only the server can choose."""
    name, uid = text(job, "metadata", "name"), text(job, "metadata", "uid")
    own = {"batch.kubernetes.io/controller-uid": uid, "controller-uid": uid}
    named = {"batch.kubernetes.io/job-name": name, "job-name": name}
    labels = {**table(job, "spec", "template", "metadata", "labels"), **own, **named}
    labelled = placed(job, ("spec", "template", "metadata", "labels"), labels)
    if table(job, "metadata", "labels") == table(job, "spec", "template", "metadata", "labels"):
        labelled = placed(labelled, ("metadata", "labels"), labels)
    chosen = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    return labelled if at(job, "spec", "manualSelector") else placed(labelled, ("spec", "selector"), chosen)


def _namespace(value: Object) -> Object:
    labels = {"kubernetes.io/metadata.name": text(value, "metadata", "name"), **table(value, "metadata", "labels")}
    named = placed(value, ("metadata", "labels"), labels)
    return {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}, **named}


def _secret(value: Object) -> Object:
    plain = value.get("stringData") or {}
    coded = {name: base64.b64encode(str(item).encode()).decode() for name, item in plain.items()}
    filled = {"type": "Opaque", **{name: item for name, item in value.items() if name != "stringData"}}
    return {**filled, "data": {**(value.get("data") or {}), **coded}} if coded else filled


_JOB_SPEC = _spec(
    parallelism=1,
    completions=1,
    backoffLimit=6,
    suspend=False,
    manualSelector=False,
    completionMode="NonIndexed",
    podReplacementPolicy="TerminatingOrFailed",
)


def _job(value: Object) -> Object:
    filled = _JOB_SPEC(value)
    labels = table(value, "metadata", "labels") or table(value, "spec", "template", "metadata", "labels")
    return placed(filled, ("metadata", "labels"), labels) if labels else filled


_METRICS: list[Any] = [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
]


def _cron_job(value: Object) -> Object:
    """What a Job of it leaves out is filled in when the Job is made."""
    history = {"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1}
    filled = _spec(concurrencyPolicy="Allow", suspend=False, **history)(value)
    return placed(filled, ("spec", "jobTemplate"), {"metadata": {}, **table(filled, "spec", "jobTemplate")})


def _definition(value: Object) -> Object:
    names = table(value, "spec", "names")
    kind = text(names, "kind")
    named = {"listKind": f"{kind}List", "singular": kind.lower(), **names}
    return {**value, "spec": {"conversion": {"strategy": "None"}, **table(value, "spec"), "names": named}}


_BY_KIND: dict[str, Callable[[Object], Object]] = {
    "Deployment": _deployment,
    "ReplicaSet": _spec(replicas=1),
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "CronJob": _cron_job,
    "CustomResourceDefinition": _definition,
    "HorizontalPodAutoscaler": _spec(minReplicas=1, metrics=_METRICS),
    "Service": _service,
    "Namespace": _namespace,
    "Secret": _secret,
}
