"""A custom resource that is not ready when the last pod is: the release says so, and goes back in its time."""

import pytest

from tests.integration.crash.plane import meanwhile, planes
from tests.integration.crash.releases import CONFIG, MANIFEST, NEW, OLD, TARGETS, never
from tests.integration.crash.skipping import run

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


async def awaiting(ready: str) -> tuple[str, str]:
    """What became of a release while a Widget's controller says this, and why."""
    async with planes() as plane:
        for name in TARGETS:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
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
