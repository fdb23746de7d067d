"""A release over two targets, as every test of this folder makes one: it goes forward, or back."""

from msgspec import Struct

from libs.messages.subject import Key
from tests.crash import Fuse
from tests.integration.crash.cluster import Recorded
from tests.integration.crash.plane import NEVER, Outcome, Plane, meanwhile, planes, twice

TARGETS = ("staging", "prod")
PODS = 2
OLD, NEW, MISSING = "web:v1", "web:v2", "missing.example/web:v2"

CONFIG = """
application: shop
deploymentConfig: {timeout: {duration: 60, unit: seconds}}
targets:
  staging: {account: eu, namespace: staging, strategy: careful}
  prod: {account: eu, namespace: prod, strategy: careful, constraints: {dependsOn: [staging]}}
manifests: [{path: web.yaml}]
strategies:
  careful: {canary: {steps: [{setWeight: 50}, {pause: {duration: 10, unit: seconds}}]}}
"""

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "IMAGE"}]}
"""


class Ended(Struct, frozen=True):
    """What a release led to, and what the cluster recorded on the way."""

    outcome: Outcome
    cluster: Recorded
    pending: int
    """Messages that were delivered and never acknowledged."""


async def order(plane: Plane, name: str, image: str) -> Key:
    return await plane.start(name, CONFIG, MANIFEST.replace("IMAGE", image))


async def stable(plane: Plane) -> None:
    """The old version, running in every namespace, made in calm."""
    for name in TARGETS:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        await plane.cluster.ask("POST", "/api/v1/namespaces", namespace)
    fuse = Fuse(NEVER, after=False)
    async with meanwhile(plane.planner(fuse), plane.executor(fuse)):
        await plane.ended(await order(plane, "d1", OLD))
    plane.cluster.forget()


async def release(image: str, planner: Fuse, executor: Fuse) -> Ended:
    """A new version over the old one, while the services are stopped where their fuses say."""
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(twice(plane.planner, planner), twice(plane.executor, executor)):
            key = await order(plane, "d2", image)
            await plane.ended(key)
            await plane.settled()
        return Ended(await plane.outcome(key), plane.cluster, plane.pending())


def never() -> Fuse:
    return Fuse(NEVER, after=False)


def sizes(cluster: Recorded, place: str, image: str) -> list[int]:
    return [size.replicas for size in cluster.sizes if (size.place, size.image) == (place, image)]


def assert_forward(ended: Ended) -> None:
    """Each version was only ever given sizes in one direction, and each size once.

    Who takes a rollout over makes the new version without pods at first, where it is not there yet.
    """
    for target in TARGETS:
        assert [size for size in sizes(ended.cluster, target, NEW) if size] == [1, 2]
        assert sizes(ended.cluster, target, OLD) == [1, 0]


def assert_epochs_grow(cluster: Recorded) -> None:
    """No write of an older epoch was taken after one of a newer: by the objects' marks, and by what was sent."""
    for epochs in cluster.marks.values():
        assert epochs == sorted(epochs)
    for target in {written.target for written in cluster.written}:
        sent = [written.epoch for written in cluster.written if written.target == target]
        assert sent == sorted(sent)
