"""The releases that customers ask for: one file each, with how it must end and what a person does on the way."""

import random
from typing import Any, Literal

import yaml
from msgspec import Struct

from libs.api.request import StartRequest

REPLICAS = 4
MISSING = "missing.example/web"
_IMAGE = "docker.io/nginxinc/nginx-unprivileged"
_PATIENT = 1800
_SHORT = 20

End = Literal["succeeded", "failed", "cancelled"]


class Release(Struct, frozen=True):
    application: str
    number: int
    """Its version too: the tag of its image."""
    kind: str
    end: End
    """How its file says that it ends, whatever happens around it."""
    request: StartRequest
    reason: tuple[str, ...] = ()
    """Where it does not succeed: one of these is named as the reason."""
    approves: bool = False
    aborts: bool = False

    @property
    def key(self) -> str:
        """Its Idempotency-Key."""
        return f"{self.application}-{self.number}"


class Kind(Struct, frozen=True):
    steps: tuple[dict[str, Any], ...] = ()
    end: End = "succeeded"
    reason: tuple[str, ...] = ()
    approves: bool = False
    aborts: bool = False
    image: str = _IMAGE
    timeout: int = _PATIENT


class Outside(Struct, frozen=True):
    """Where what stands outside of the installation is."""

    url: str
    cluster: str


def _weight(percent: int) -> dict[str, Any]:
    return {"setWeight": {"weight": percent}}


_PAUSE = {"pause": {"duration": 1, "unit": "seconds"}}
_APPROVAL = {"pause": {"untilApproved": True}}
_TESTS = {"runWebhook": {"name": "tests"}}
_BROKEN = {"runWebhook": {"name": "broken"}}
_BACK = "called back that it failed"


def _analysis(query: str) -> dict[str, Any]:
    return {"analysis": {"interval": 2, "units": "seconds", "numberOfJudgmentRuns": 2, "queries": [query]}}


_BAD_IMAGE: dict[str, Any] = {
    "end": "failed",
    "image": MISSING,
    "timeout": _SHORT,
    "reason": (MISSING, f"not done within {_SHORT} s"),
}
CANARIES = {
    "canary": Kind((_weight(25), _PAUSE, _weight(50))),
    "approval": Kind((_weight(25), _APPROVAL, _weight(75)), approves=True),
    "webhook": Kind((_weight(50), _TESTS)),
    "broken-webhook": Kind((_weight(50), _BROKEN), "failed", (_BACK,)),
    "analysis": Kind((_weight(50), _analysis("calm"))),
    "bad-analysis": Kind((_weight(50), _analysis("wild")), "failed", ("0.09 > 0.05",)),
    "bad-image": Kind((_weight(50),), **_BAD_IMAGE),
    "abort": Kind((_weight(25), _APPROVAL), "cancelled", ("chaos ends it",), aborts=True),
}
SWAPS = {
    "blue-green": Kind((_APPROVAL,), approves=True),
    "swap-webhook": Kind((_TESTS,)),
    "swap-refused": Kind((_BROKEN,), "failed", (_BACK,)),
    "swap-bad-image": Kind((_PAUSE,), **_BAD_IMAGE),
}
FIRST = Kind((_weight(100),))


def is_swapped(application: str) -> bool:
    """Whether its versions stand side by side, rather than take over pod by pod."""
    return application.startswith("swap")


def release(application: str, number: int, chance: random.Random, outside: Outside) -> Release:
    """The first goes everywhere at once; what comes after it is drawn."""
    kinds = SWAPS if is_swapped(application) else CANARIES
    # One that goes back at once is no beginning; a good canary in between keeps what is stable moving.
    name = "first" if number == 1 else chance.choice(sorted(kinds))
    kind = (Kind() if is_swapped(application) else FIRST) if number == 1 else kinds[name]
    document = _document(application, number, kind, outside)
    files: dict[str, tuple[str, ...]] = {"manifests.yml": (_manifests(application, number, kind.image),)}
    request = StartRequest(config=yaml.safe_dump(document, sort_keys=False), files=files)
    return Release(application, number, name, kind.end, request, kind.reason, kind.approves, kind.aborts)


def _document(application: str, number: int, kind: Kind, outside: Outside) -> dict[str, Any]:
    target = {"account": outside.cluster, "namespace": application, "strategy": "careful"}
    document: dict[str, Any] = {
        "version": "v1",
        "kind": "kubernetes",
        "application": application,
        "deploymentConfig": {"timeout": {"duration": kind.timeout, "unit": "seconds"}},
        "targets": {outside.cluster: target},
        "manifests": [{"path": "manifests.yml"}],
        "strategies": {"careful": _strategy(application, kind)},
        "webhooks": [_webhook(name, application, number, outside.url) for name in ("tests", "broken")],
        "analysis": {"defaultMetricProviderName": "metrics", "queries": [_query("calm", 0.03), _query("wild", 0.09)]},
    }
    if is_swapped(application):
        services = {"activeService": application, "previewService": f"{application}-preview"}
        document["trafficManagement"] = [{"kubernetes": [services]}]
    return document


def _strategy(application: str, kind: Kind) -> dict[str, Any]:
    if not is_swapped(application):
        return {"canary": {"steps": list(kind.steps)}}
    return {"blueGreen": {"redirectTrafficAfter": list(kind.steps), "shutDownOldVersionAfter": [_PAUSE]}}


def _webhook(name: str, application: str, number: int, url: str) -> dict[str, Any]:
    body = f'{{"url": "{{{{armory.callbackUri}}}}/callback", "run": "{application}-{number}"}}'
    way = {"name": name, "method": "POST", "uriTemplate": f"{url}/{name}", "networkMode": "direct"}
    headers = [{"key": "Content-Type", "value": "application/json"}]
    return way | {"headers": headers, "bodyTemplate": {"inline": body}}


def _query(name: str, value: float) -> dict[str, Any]:
    return {"name": name, "queryTemplate": f"vector({value})", "upperLimit": 0.05}


def _manifests(application: str, number: int, image: str) -> str:
    names = [application, f"{application}-preview"] if is_swapped(application) else [application]
    objects = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": application}},
        *(_service(application, name) for name in names),
        _deployment(application, number, image),
    ]
    return yaml.safe_dump_all(objects, sort_keys=False)


def _service(application: str, name: str) -> dict[str, Any]:
    spec = {"selector": {"app": application}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _deployment(application: str, number: int, image: str) -> dict[str, Any]:
    pod = {
        "metadata": {
            "labels": {"app": application},
            "annotations": {"sandbox.fairlead.dev/start-seconds": "0.3"},
        },
        "spec": {"containers": [{"name": "web", "image": f"{image}:1.{number}"}]},
    }
    spec = {
        "replicas": REPLICAS,
        "selector": {"matchLabels": {"app": application}},
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": pod,
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": application}, "spec": spec}
