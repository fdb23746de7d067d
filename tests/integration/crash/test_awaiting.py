"""A custom resource that is not ready when the last pod is, or whose kind went: the release says so, and goes back."""

import pytest
import yaml

from libs.messages.deployment import AbortDeployment
from tests.integration.crash.plane import Plane, meanwhile, planes
from tests.integration.crash.releases import CONFIG, MANIFEST, NEW, OLD, TARGETS, never
from tests.integration.crash.skipping import run

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = """
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
WIDGET = """
---
apiVersion: example.org/v1
kind: Widget
metadata: {name: main}
spec: {size: 1}
"""


async def make_namespaces(plane: Plane) -> None:
    for name in TARGETS:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)


async def awaiting(ready: str) -> tuple[str, str]:
    """What became of a release while a Widget's controller says this, and why."""
    async with planes() as plane:
        await make_namespaces(plane)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            await plane.ended(await plane.start("d1", CONFIG, MANIFEST.replace("IMAGE", OLD) + WIDGETS + WIDGET))
            path = f"/apis/example.org/v1/namespaces/{TARGETS[0]}/widgets/main"
            live = await plane.cluster.ask("GET", path)
            status = {"conditions": [{"type": "Ready", "status": ready, "message": "no disk"}]}
            await plane.cluster.ask("PUT", path, {**live, "status": status})
            key = await plane.start("d2", CONFIG, MANIFEST.replace("IMAGE", NEW) + WIDGETS + WIDGET)
            await plane.ended(key)
            await plane.settled()
        return str((await plane.deployment(key)).phase), (await plane.rollout(key, TARGETS[0])).reason


@pytest.mark.feature("F64")
def test_widget_that_is_not_ready_ends_the_release() -> None:
    phase, reason = run(awaiting("False"))
    assert phase == "failed"
    assert reason == f"not done within 60 s: Widget {TARGETS[0]}/main: no disk"


@pytest.mark.feature("F64")
def test_widget_that_is_ready_holds_nothing_up() -> None:
    assert run(awaiting("True")) == ("succeeded", "")


async def undefined() -> tuple[str, list[str], dict[str, int]]:
    """Why a release ends whose Widget's kind went since the last, what it has written, and what runs."""
    async with planes() as plane:
        await make_namespaces(plane)
        manifests = MANIFEST.replace("IMAGE", OLD)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            await plane.ended(await plane.start("d1", CONFIG, manifests + WIDGETS + WIDGET))
            await plane.cluster.ask("DELETE", f"{DEFINITIONS}/widgets.example.org")
            plane.cluster.forget()
            key = await plane.start("d2", CONFIG, manifests.replace(OLD, NEW) + WIDGET.replace("size: 1", "size: 2"))
            await plane.ended(key)
            await plane.settled()
        reason = (await plane.rollout(key, TARGETS[0])).reason
        return reason, [one.path for one in plane.cluster.written], plane.cluster.live()


def test_kind_that_went_is_said_before_anything_changes() -> None:
    reason, written, live = run(undefined())
    assert reason == (
        f"Widget {TARGETS[0]}/main: the cluster serves no Widget of example.org/v1; "
        "have it defined there first, or leave this object out"
    )
    assert (written, live) == ([], {f"{name} {OLD}": 2 for name in TARGETS})


async def unreturnable() -> tuple[str, dict[str, int]]:
    """What is told of a return to a Widget whose kind went meanwhile, and what runs once it is defined again."""
    async with planes() as plane:
        await make_namespaces(plane)
        manifests = MANIFEST.replace("IMAGE", OLD)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            await plane.ended(await plane.start("d1", CONFIG, manifests + WIDGETS + WIDGET))
            key = await plane.start("d2", CONFIG, manifests.replace(OLD, NEW) + WIDGET.replace("size: 1", "size: 2"))
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 2)
            await plane.cluster.ask("DELETE", f"{DEFINITIONS}/widgets.example.org")
            plane.say(key, AbortDeployment(reason="enough"))
            await plane.until(key, TARGETS[0], lambda rollout: "Widget" in rollout.hindrance)
            told = (await plane.rollout(key, TARGETS[0])).hindrance
            await plane.cluster.ask("POST", DEFINITIONS, yaml.safe_load(WIDGETS.replace("---", "")))
            await plane.ended(key)
            await plane.settled()
        return told, plane.cluster.live()


def test_return_names_the_kind_that_went_and_ends_once_it_is_back() -> None:
    told, live = run(unreturnable())
    assert told == (
        f"apply Widget {TARGETS[0]}/main: the cluster serves no Widget of example.org/v1: is its definition there?"
    )
    assert live == {f"{name} {OLD}": 2 for name in TARGETS}
