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

TENANT = "main"
AGENT = "eu"
APPLICATION = next(name for i in count() if partition_of(TENANT, name := f"shop-{i}", PARTITIONS) == 0)
"""Everything simulated lives in one partition, and in this one."""
NAMESPACES = ("staging", "prod")
SUITE = "http://ci.internal/suites/smoke"
PROVIDER = "http://prometheus.internal"
STEP_SECONDS = 90
"""How long a target may take to become ready."""
GATE_SECONDS = 600
"""By when an approval expires."""
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


def drawn(random: Random, number: int) -> Release:
    """The first is always a good one that somebody diligent hands in."""
    is_first = number == 1
    is_good = is_first or random.random() < 0.8
    targets = NAMESPACES[: random.choice((1, 1, 2))]
    replicas = random.choice((1, 2, 3))
    is_green = random.random() < 0.3
    image = f"web:v{number}"
    manifest = json.dumps(_deployment(image, replicas, random, is_good))
    services = [json.dumps(_service(name)) for name in ("web", "web-preview")] if is_green else []
    settings = [json.dumps(_settings(number))] if random.random() < 0.5 else []
    request = StartRequest(
        config=json.dumps(_file(random, targets, is_green)), files={"web.yml": (*services, *settings, manifest)}
    )
    return Release(
        number=number,
        request=request,
        image=image,
        targets=targets,
        replicas=replicas,
        is_good=is_good,
        temper="diligent" if is_first else random.choice(_TEMPERS),
        patience=0.0 if is_first else random.choice((0.0, 0.0, random.uniform(1, 200))),
    )


def _file(random: Random, targets: tuple[str, ...], is_green: bool) -> dict[str, Any]:
    strategy = {"blueGreen": _green(random)} if is_green else {"canary": {"steps": _steps(random)}}
    file: dict[str, Any] = {
        "application": APPLICATION,
        "deploymentConfig": {
            "timeout": {"duration": STEP_SECONDS, "unit": "seconds"},
            "ifDeploymentInProgress": {"strategy": random.choice(("reject", "enqueueOne"))},
        },
        "targets": {name: _target(random, name, targets[:place]) for place, name in enumerate(targets)},
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


def _target(random: Random, name: str, before: tuple[str, ...]) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if before:
        constraints["dependsOn"] = list(before)
    for stage in ("beforeDeployment", "afterDeployment"):
        if random.random() < 0.2:
            constraints[stage] = [_gate(random, random.choice(("pause", "approval")))]
    return {"account": AGENT, "namespace": name, "strategy": "careful", "constraints": constraints}


def _steps(random: Random) -> list[dict[str, Any]]:
    """Weights rise; between them there are gates."""
    kinds = [random.choice(_STEPS) for _ in range(random.randint(1, 4))]
    weights = iter(sorted(random.choice((10, 25, 50, 75)) for kind in kinds if kind == "weight"))
    return [{"setWeight": {"weight": next(weights)}} if kind == "weight" else _gate(random, kind) for kind in kinds]


def _green(random: Random) -> dict[str, Any]:
    lists = {
        "redirectTrafficAfter": ("pause", "approval", "webhook", "analysis"),
        "shutDownOldVersionAfter": ("pause",),
    }
    return {name: [_gate(random, random.choice(kinds))] for name, kinds in lists.items() if random.random() < 0.7}


def _gate(random: Random, kind: str) -> dict[str, Any]:
    match kind:
        case "approval":
            return {
                "pause": {"untilApproved": True, "approvalExpiration": {"duration": GATE_SECONDS, "unit": "seconds"}}
            }
        case "webhook":
            return {"runWebhook": {"name": "suite"}}
        case "analysis":
            return {"analysis": {"interval": 10, "units": "seconds", "numberOfJudgmentRuns": 2, "queries": ["errors"]}}
        case _:
            return {"pause": {"duration": random.choice((5, 20, 60)), "unit": "seconds"}}


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


def _deployment(image: str, replicas: int, random: Random, is_good: bool) -> dict[str, Any]:
    behaviour = {f"{PREFIX}start-seconds": str(random.choice((0, 0, 1, 8, 30)))}
    if not is_good:
        behaviour = {f"{PREFIX}fault": random.choice(("never-ready", "image-pull", "crash-loop", "pending"))}
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
