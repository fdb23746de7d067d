"""An autoscaler in a sandbox: nobody moves pods while it is there, and it is there in the end, whoever stops when."""

import itertools

import pytest

from libs.messages.subject import Key
from libs.workload.kinds.objects import Object, items, number, text
from sandbox.state.store import Change, Event
from tests.crash import Fuse
from tests.integration.crash.plane import Plane, meanwhile, planes, twice
from tests.integration.crash.releases import MANIFEST, MISSING, NEW, OLD, never
from tests.integration.crash.skipping import run

CONFIG = """
version: v1
kind: kubernetes
application: shop
deploymentConfig: {timeout: {duration: 60, unit: seconds}}
targets:
  prod: {account: eu, namespace: prod, strategy: half}
manifests: [{path: web.yaml}]
strategies:
  half: {canary: {steps: [{setWeight: 50}]}}
"""
AUTOSCALED = f"""{MANIFEST}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: web}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  minReplicas: 2
  maxReplicas: 9
"""
SIZE = 3
"""What the autoscaler had made of the two pods of the manifest."""


class Watch:
    """Sees whether pods are moved only while nothing scales them."""

    def __init__(self, plane: Plane) -> None:
        self.aims: list[str] = []
        """What autoscalers followed, oldest first."""
        self.moved: list[str] = []
        """Versions whose size changed while an autoscaler was there."""
        self._is_scaled = False
        plane.cluster.listen(self._heard)

    def _heard(self, event: Event) -> None:
        if event.ref.resource.startswith("horizontalpodautoscalers"):
            self._is_scaled = event.change is not Change.DELETED
            aim = text(event.value, "spec", "scaleTargetRef", "name")
            if self._is_scaled and self.aims[-1:] != [aim]:
                self.aims.append(aim)
        if event.ref.resource.startswith("replicasets") and event.previous is not None:
            sizes = [number(value, "spec", "replicas") for value in (event.previous, event.value)]
            if sizes[0] != sizes[1] and self._is_scaled:
                self.moved.append(event.ref.name)


async def order(plane: Plane, name: str, image: str, autoscaled: str = AUTOSCALED) -> Key:
    return await plane.start(name, CONFIG, autoscaled.replace("IMAGE", image))


async def version(plane: Plane) -> Object:
    """The only one that has pods."""
    base = "/apis/apps/v1/namespaces/prod/replicasets"
    live = [one for one in items(await plane.cluster.ask("GET", base), "items") if number(one, "spec", "replicas")]
    assert len(live) == 1
    found = live[0]
    return await plane.cluster.ask("GET", f"{base}/{text(found, 'metadata', 'name')}")


async def scaled(plane: Plane) -> None:
    """What an autoscaler does."""
    found = await version(plane)
    path = f"/apis/apps/v1/namespaces/prod/replicasets/{text(found, 'metadata', 'name')}"
    await plane.cluster.ask("PUT", path, {**found, "spec": {**found["spec"], "replicas": SIZE}})


async def autoscaled(image: str, executor: Fuse, manifest: str = AUTOSCALED) -> tuple[str, dict[str, int], list[str]]:
    async with planes() as plane:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"}}
        await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            await plane.ended(await order(plane, "d1", OLD))
        await scaled(plane)
        before = text(await version(plane), "metadata", "name")
        watch = Watch(plane)
        async with meanwhile(plane.planner(never()), twice(plane.executor, executor)):
            key = await order(plane, "d2", image, manifest)
            await plane.ended(key)
            await plane.settled()
        assert watch.moved == []
        after = text(await version(plane), "metadata", "name")
        outcome = await plane.outcome(key)
        live = await plane.cluster.ask("GET", "/apis/autoscaling/v2/namespaces/prod/horizontalpodautoscalers/web")
        assert text(live, "spec", "scaleTargetRef", "name") == after
        return outcome.deployment, outcome.live, ["before" if aim == before else "after" for aim in watch.aims]


FORWARD = ("succeeded", {f"prod {NEW}": SIZE}, ["before", "after"])
BACK = ("failed", {f"prod {OLD}": SIZE}, ["before"])


@pytest.mark.feature("F66", "F67")
@pytest.mark.parametrize(("image", "expected"), [(NEW, FORWARD), (MISSING, BACK)], ids=["forward", "back"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_executor_stopped_anywhere_scales_all_the_same(image: str, expected: object, after: bool) -> None:
    for number_of_call in itertools.count(1):
        fuse = Fuse(number_of_call, after)
        assert run(autoscaled(image, fuse)) == expected, number_of_call
        if not fuse.blown:
            assert number_of_call > 10
            return


def test_autoscaler_that_would_be_refused_ends_the_release() -> None:
    wrong = AUTOSCALED.replace("maxReplicas", "maximumReplicas")
    deployment, live, aims = run(autoscaled(NEW, never(), wrong))
    assert (deployment, live, aims) == BACK
