"""Blue/green in a sandbox: the active Service always leads to one version that has its pods, whoever stops when."""

import itertools

import pytest

from libs.messages.subject import Key
from libs.workload.kinds.naming import HASH_LABEL
from libs.workload.kinds.objects import Object, is_leaving, items, table, text
from sandbox.state.store import Event
from tests.crash import Fuse
from tests.integration.crash.plane import NEVER, Plane, meanwhile, planes, twice
from tests.integration.crash.releases import MANIFEST, MISSING, NEW, OLD, never
from tests.integration.crash.skipping import run

CONFIG = """
version: v1
kind: kubernetes
application: shop
deploymentConfig: {timeout: {duration: 60, unit: seconds}}
targets:
  prod: {account: eu, namespace: prod, strategy: swap}
manifests: [{path: web.yaml}]
strategies:
  swap:
    blueGreen:
      redirectTrafficAfter: [{pause: {duration: 3, unit: seconds}}]
      shutDownOldVersionAfter: [{pause: {duration: 3, unit: seconds}}]
trafficManagement:
  - targets: [prod]
    kubernetes: [{activeService: web, previewService: web-preview}]
"""
CANARY = f"""{CONFIG.partition("strategies:")[0]}
strategies:
  swap: {{canary: {{steps: [{{setWeight: 50}}]}}}}
"""
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
WHOLE = MANIFEST + SERVICE.replace("NAME", "web") + SERVICE.replace("NAME", "web-preview")


class Watch:
    """Everything that happens in the cluster, checked at once."""

    def __init__(self, plane: Plane) -> None:
        self.selectors: list[Object] = []
        self.counts: list[int] = []
        self._services: dict[str, Object] = {}
        self._pods: dict[str, Object] = {}
        plane.cluster.listen(self._heard)
        self.counts.clear()

    def _heard(self, event: Event) -> None:
        if event.ref.resource == "services":
            self._services[event.ref.name] = event.value
        if event.ref.resource == "pods":
            self._pods[event.ref.name] = {} if event.change.name == "DELETED" else event.value
        if "web" not in self._services:
            return
        chosen = table(self._services["web"], "spec", "selector")
        if self.selectors[-1:] != [chosen]:
            self.selectors.append(chosen)
        staying = [pod for pod in self._pods.values() if pod and not is_leaving(pod)]
        found = [pod for pod in staying if chosen.items() <= table(pod, "metadata", "labels").items()]
        self.counts.append(sum(_is_ready(pod) for pod in found))
        assert chosen.get(HASH_LABEL) or len({_version(pod) for pod in found}) <= 1, "two versions serve"


def _is_ready(pod: Object) -> bool:
    return any(one["type"] == "Ready" and one["status"] == "True" for one in items(pod, "status", "conditions"))


def _version(pod: Object) -> str:
    return text(pod, "metadata", "labels", HASH_LABEL)


async def order(plane: Plane, name: str, image: str) -> Key:
    return await plane.start(name, CONFIG, WHOLE.replace("IMAGE", image))


async def swapping(image: str, executor: Fuse) -> tuple[str, dict[str, int], Object, Watch]:
    async with planes() as plane:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"}}
        await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
        async with meanwhile(plane.planner(never()), plane.executor(Fuse(NEVER, after=False))):
            await plane.ended(await order(plane, "d1", OLD))
        watch = Watch(plane)
        async with meanwhile(plane.planner(never()), twice(plane.executor, executor)):
            key = await order(plane, "d2", image)
            await plane.ended(key)
            await plane.settled()
        outcome = await plane.outcome(key)
        active = await plane.cluster.ask("GET", "/api/v1/namespaces/prod/services/web")
        return outcome.deployment, outcome.live, table(active, "spec", "selector"), watch


def assert_swapped(found: tuple[str, dict[str, int], Object, Watch]) -> None:
    deployment, live, selector, watch = found
    assert (deployment, live, selector) == ("succeeded", {f"prod {NEW}": 2}, {"app": "web"})
    assert min(watch.counts) >= 2
    narrowed = [chosen for chosen in watch.selectors if HASH_LABEL in chosen]
    assert (len(watch.selectors), len(narrowed)) == (4, 2)


@pytest.mark.feature("F80", "F81", "F82", "F83")
def test_traffic_moves_from_whole_to_whole() -> None:
    assert_swapped(run(swapping(NEW, never())))


@pytest.mark.feature("F84")
def test_green_that_never_starts_is_taken_away() -> None:
    deployment, live, selector, watch = run(swapping(MISSING, never()))
    assert (deployment, live, selector) == ("failed", {f"prod {OLD}": 2}, {"app": "web"})
    assert min(watch.counts) >= 2
    assert len({str(chosen) for chosen in watch.selectors}) == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_executor_stopped_anywhere_swaps_all_the_same(after: bool) -> None:
    for number in itertools.count(1):
        fuse = Fuse(number, after)
        found = run(swapping(NEW, fuse))
        if not fuse.blown:
            assert number > 10
            return
        assert_swapped(found)


async def canary_after(image: str) -> tuple[str, Object]:
    """Two releases of blue/green, then a canary whose Service selects by another label."""
    async with planes() as plane:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod"}}
        await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            for name in ("d1", "d2"):
                await plane.ended(await order(plane, name, OLD))
            labelled = WHOLE.replace("labels: {app: web}", "labels: {app: web, tier: front}")
            selected = labelled.replace("spec: {selector: {app: web}, ports", "spec: {selector: {tier: front}, ports")
            key = await plane.start("d3", CANARY, selected.replace("IMAGE", image))
            await plane.ended(key)
            await plane.settled()
        active = await plane.cluster.ask("GET", "/api/v1/namespaces/prod/services/web")
        return (await plane.outcome(key)).deployment, table(active, "spec", "selector")


@pytest.mark.parametrize(
    ("image", "expected"), [(NEW, ("succeeded", {"tier": "front"})), (MISSING, ("failed", {"app": "web"}))]
)
def test_service_that_was_steered_can_select_otherwise(image: str, expected: object) -> None:
    assert run(canary_after(image)) == expected
