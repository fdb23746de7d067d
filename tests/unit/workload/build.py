"""Manifests, marks and goals in as few words as a test needs."""

from typing import Any

from libs.messages.rollout import Workload
from libs.workload.dialogue.fence import Fence
from libs.workload.dialogue.wanted import Snapshot, Stage, Wanted
from libs.workload.kinds.naming import Marks
from libs.workload.kinds.objects import Object

V1 = Marks("shop", "prod", "01000000-0000-8000-8000-000000000001")
V2 = Marks("shop", "prod", "01000000-0000-8000-8000-000000000002")
FIRST = Fence(1, "a", 1)
SECOND = Fence(2, "b", 1)


def deployment(replicas: int = 4, image: str = "web:1", name: str = "web", **rolling: object) -> Object:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}}
    spec: Object = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    if rolling:
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": rolling}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": spec,
    }


def plain(kind: str, name: str, api_version: str = "v1", namespace: str = "shop", **fields: Any) -> Object:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place}, **fields}


def service(port: int = 80) -> Object:
    return plain("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": port}]})


def settings(**values: str) -> Object:
    return plain("ConfigMap", "web", data=values)


def goal(
    stage: Stage,
    objects: tuple[Object, ...],
    workloads: tuple[Workload, ...] = (),
    snapshot: Snapshot | None = None,
    weight: int = 0,
    marks: Marks = V2,
    fence: Fence = FIRST,
) -> Wanted:
    return Wanted(stage, marks, fence, objects, snapshot or Snapshot(), workloads, weight)
