"""What is released: files and manifests drawn from a seed, and what may become of each."""

import json
from collections.abc import Mapping
from itertools import count
from random import Random
from typing import Any

from msgspec import Struct

from libs.api.request import StartRequest
from libs.messages.subject import PARTITIONS, partition_of
from sandbox.simulation.behaviour import PREFIX
from tests.simulation.world.scope import FULL, Scope

TENANT = "main"
AGENT = "eu"
APPLICATION = next(name for i in count() if partition_of(TENANT, name := f"shop-{i}", PARTITIONS) == 0)
"""Everything simulated lives in one partition, and in this one."""
NAMESPACES = ("staging", "prod")
SUITE = "http://ci.internal/suites/smoke"
PROVIDER = "http://prometheus.internal"
_STEPS = ("weight", "weight", "pause", "approval", "webhook", "analysis")
_TEMPERS = ("diligent", "diligent", "hasty", "wavering")


class Release(Struct, frozen=True):
    """One deployment that somebody hands in."""

    number: int
    request: StartRequest
    image: str
    targets: tuple[str, ...]
    """Namespaces and targets have the same names."""
    replicas: int
    is_good: bool
    """Whether its pods become ready."""
    temper: str
    """Of who hands it in: `diligent` approves; `hasty` does whatever comes to mind; `wavering` changes his mind."""
    patience: float
    """Seconds before the next one is handed in, whatever became of this one; 0: when it has ended."""


def drawn(random: Random, number: int, scope: Scope = FULL) -> Release:
    """The first is always a good one that somebody diligent hands in."""
    is_first = number == 1
    is_good = is_first or random.random() < 0.8
    targets = NAMESPACES[: random.choice(scope.targets)]
    replicas = random.choice(scope.replicas)
    is_green = random.random() < 0.3
    image = f"web:v{number}"
    manifest = json.dumps(_deployment(image, replicas, _behaviour(random, is_good, scope)))
    services = [json.dumps(_service(name)) for name in ("web", "web-preview")] if is_green else []
    settings = [json.dumps(_settings(number))] if random.random() < 0.5 else []
    request = StartRequest(
        config=json.dumps(_file(random, targets, is_green, scope)), files={"web.yml": (*services, *settings, manifest)}
    )
    return Release(
        number=number,
        request=request,
        image=image,
        targets=targets,
        replicas=replicas,
        is_good=is_good,
        temper="diligent" if is_first else random.choice(_TEMPERS),
        patience=0.0 if is_first else random.choice((0.0, 0.0, random.uniform(1, scope.patience_seconds))),
    )


def _file(random: Random, targets: tuple[str, ...], is_green: bool, scope: Scope) -> dict[str, Any]:
    strategy = {"blueGreen": _green(random, scope)} if is_green else {"canary": {"steps": _steps(random, scope)}}
    file: dict[str, Any] = {
        "application": APPLICATION,
        "deploymentConfig": {
            "timeout": {"duration": scope.step_seconds, "unit": "seconds"},
            "ifDeploymentInProgress": {"strategy": random.choice(("reject", "enqueueOne"))},
        },
        "targets": {name: _target(random, name, targets[:place], scope) for place, name in enumerate(targets)},
        "manifests": [{"path": "web.yml"}],
        "strategies": {"careful": strategy},
        "webhooks": [_SUITE],
        "analysis": _ANALYSIS,
    }
    if is_green:
        file["trafficManagement"] = [
            {"targets": list(targets), "kubernetes": [{"activeService": "web", "previewService": "web-preview"}]}
        ]
    return file


def _target(random: Random, name: str, before: tuple[str, ...], scope: Scope) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if before:
        constraints["dependsOn"] = list(before)
    for stage in ("beforeDeployment", "afterDeployment"):
        if random.random() < 0.2:
            constraints[stage] = _gates(random, ("pause", "approval"), scope)
    return {"account": AGENT, "namespace": name, "strategy": "careful", "constraints": constraints}


def _steps(random: Random, scope: Scope) -> list[dict[str, Any]]:
    """Weights rise; between them there are gates."""
    kinds = [random.choice(_STEPS) for _ in range(random.randint(1, scope.most_steps))]
    weights = iter(sorted(random.choice((10, 25, 50, 75)) for kind in kinds if kind == "weight"))
    return [
        {"setWeight": {"weight": next(weights)}} if kind == "weight" else _gate(random, kind, scope) for kind in kinds
    ]


def _green(random: Random, scope: Scope) -> dict[str, Any]:
    lists = {
        "redirectTrafficAfter": ("pause", "approval", "webhook", "analysis"),
        "shutDownOldVersionAfter": ("pause",),
    }
    return {name: _gates(random, kinds, scope) for name, kinds in lists.items() if random.random() < 0.7}


def _gates(random: Random, kinds: tuple[str, ...], scope: Scope) -> list[dict[str, Any]]:
    """A list of which all are awaited at once."""
    return [_gate(random, random.choice(kinds), scope) for _ in range(scope.gates)]


def _gate(random: Random, kind: str, scope: Scope) -> dict[str, Any]:
    match kind:
        case "approval":
            return {
                "pause": {
                    "untilApproved": True,
                    "approvalExpiration": {"duration": scope.gate_seconds, "unit": "seconds"},
                }
            }
        case "webhook":
            return {"runWebhook": {"name": "suite"}}
        case "analysis":
            return {
                "analysis": {
                    "interval": scope.judgement_seconds,
                    "units": "seconds",
                    "numberOfJudgmentRuns": 2,
                    "queries": ["errors"],
                }
            }
        case _:
            return {"pause": {"duration": random.choice(scope.pause_seconds), "unit": "seconds"}}


_SUITE = {
    "name": "suite",
    "method": "POST",
    "uriTemplate": SUITE,
    "networkMode": "remoteNetworkAgent",
    "bodyTemplate": {"inline": '{"tell": "{{armory.callbackUri}}/callback"}'},
}
_ANALYSIS = {
    "defaultMetricProviderName": "prometheus",
    "queries": [{"name": "errors", "upperLimit": 0.5, "queryTemplate": "rate(errors[1m])"}],
}


def _behaviour(random: Random, is_good: bool, scope: Scope) -> dict[str, str]:
    behaviour = {f"{PREFIX}start-seconds": str(random.choice(scope.start_seconds))}
    if not is_good:
        behaviour = {f"{PREFIX}fault": random.choice(("never-ready", "image-pull", "crash-loop", "pending"))}
    return behaviour


def _deployment(image: str, replicas: int, behaviour: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}, "annotations": behaviour},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
        },
    }


def _service(name: str) -> dict[str, Any]:
    spec: Mapping[str, Any] = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _settings(number: int) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"of": str(number)}}
