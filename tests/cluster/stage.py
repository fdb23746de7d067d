"""Where one test plays: a namespace of the cluster, an application, and what is seen of both."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from tests.cluster.rights import USER
from tests.e2e.person import PATIENCE, Person
from tests.e2e.plane import Plane
from tests.waiting import eventually
from tools.kubernetes.audit import AuditLog, Request
from tools.kubernetes.cluster import Cluster

TARGET = "staging"
APPS = "/apis/apps/v1"


class Ground(Struct, frozen=True):
    """What all tests share."""

    cluster: Cluster
    plane: Plane

    @property
    def person(self) -> Person:
        return self.plane.person


class Size(Struct, frozen=True, order=True):
    """One version."""

    image: str
    replicas: int
    ready: int


class Stage:
    def __init__(self, ground: Ground, name: str, folder: Path) -> None:
        self.cluster = ground.cluster
        self.person = ground.person
        self.namespace = name
        self.account = ground.plane.account
        """Whose target the releases name."""
        self._folder = folder
        self._files = 0

    async def make_namespace(self) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        await self.cluster.api.ask("POST", "/api/v1/namespaces", body)

    def file(self, objects: list[dict[str, Any]], strategy: dict[str, Any] | None = None, **more: Any) -> Path:
        """A deployment file with its manifests; without a strategy the new version gets everything at once."""
        self._files += 1
        manifests = self._folder / f"manifests-{self._files}.yml"
        manifests.write_text(yaml.safe_dump_all(objects))
        target = {"account": self.account, "namespace": self.namespace, "strategy": "led"}
        document = {
            "version": "v1",
            "kind": "kubernetes",
            "application": self.namespace,
            "targets": {TARGET: target},
            "manifests": [{"path": manifests.name}],
            "strategies": {"led": strategy or canary()},
        }
        path = self._folder / f"deploy-{self._files}.yml"
        path.write_text(yaml.safe_dump(document | more, sort_keys=False))
        return path

    async def deployed(self, *objects: dict[str, Any], **more: Any) -> None:
        """Lead a release to its good end."""
        await self.person.deployed(self.file(list(objects), **more))

    async def told(self, file: Path) -> tuple[int, str]:
        """How a deployment ended, with everything that was said about it."""
        return await self.person.story(await self.person.start(file))

    async def approve(self, deployment: str) -> None:
        done = await self.person.fairlead("deploy", "approve", "-i", deployment)
        assert done.returncode == 0, done.stdout + done.stderr

    async def read(self, path: str) -> Any:
        return await self.cluster.api.ask("GET", path)

    async def every(self, plural: str, root: str = "/api/v1") -> list[dict[str, Any]]:
        return list((await self.read(f"{root}/namespaces/{self.namespace}/{plural}"))["items"])

    async def make(self, plural: str, body: dict[str, Any], root: str = "/api/v1") -> dict[str, Any]:
        """As a person with every right does it, past Fairlead."""
        path = f"{root}/namespaces/{self.namespace}/{plural}"
        return dict(await self.cluster.api.ask("POST", path, body))

    async def sizes(self) -> list[Size]:
        """Every version that has pods or is to have some, as the API server tells it."""
        found = [_size(value) for value in await self.every("replicasets", APPS)]
        return sorted(size for size in found if size.replicas or size.ready)

    async def becomes(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        await eventually(is_so, PATIENCE)

    def audit(self) -> AuditLog:
        """What is asked from now on."""
        return AuditLog(self.cluster.audit_log)

    def asked(self, audit: AuditLog) -> list[Request]:
        """What the agent asked in the namespace of this test, oldest first."""
        about = f"/namespaces/{self.namespace}"
        return [one for one in audit.requests(USER) if one.namespace == self.namespace or about in one.uri]


def canary(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"canary": {"steps": list(steps) or [{"setWeight": {"weight": 100}}]}}


def approved_canary(weight: int = 25) -> dict[str, Any]:
    return canary({"setWeight": {"weight": weight}}, {"pause": {"untilApproved": True}})


def _size(value: dict[str, Any]) -> Size:
    (container,) = value["spec"]["template"]["spec"]["containers"]
    return Size(container["image"], value["spec"]["replicas"], value.get("status", {}).get("readyReplicas", 0))
