"""Where the story is played: in two sandboxes with the examples as they are, or in two namespaces of a real cluster."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from msgspec import Struct

from cli.demo.kubectl import Kubectl
from cli.local.plan import OUTSIDE, Outside

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
"""Beside this package, in a checkout as in an installation."""
NAMESPACES = {"staging": "fairlead-demo-staging", "prod": "fairlead-demo-prod"}

Objects = list[dict[str, Any]]


class Place(Protocol):
    @property
    def seconds(self) -> float:
        """How long one deployment may take."""
        ...

    @property
    def folder(self) -> Path:
        """Where the examples are that are played."""
        ...

    async def objects(self, target: str, application: str, collection: str) -> Objects:
        """What the cluster itself says is in an application's namespace."""
        ...


class Sandboxes(Struct, frozen=True):
    urls: Mapping[str, str]
    folder: Path = EXAMPLES
    seconds: float = 60.0

    async def objects(self, target: str, application: str, collection: str) -> Objects:
        url = f"{self.urls[target]}{_path(application, collection)}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return list((await response.json())["items"])


class Real(Struct, frozen=True):
    """Plays copies of the examples in which targets have the names of this cluster's agent and namespaces."""

    kubectl: Kubectl
    folder: Path
    seconds: float = 600.0

    async def objects(self, target: str, application: str, collection: str) -> Objects:
        return list((await self.kubectl.get(_path(NAMESPACES[target], collection)))["items"])

    @classmethod
    def with_copies(cls, outside: Outside, folder: Path) -> "Real":
        shutil.copytree(EXAMPLES, folder)
        for file in folder.glob("*/v*.yml"):
            file.write_text(moved(file.read_text()))
        return cls(Kubectl(outside), folder)


def _path(namespace: str, collection: str) -> str:
    group = "api/v1" if collection == "services" else "apis/apps/v1"
    return f"/{group}/namespaces/{namespace}/{collection}"


def moved(text: str) -> str:
    """Into the demonstration's own namespaces, which are there already."""
    import yaml

    document = yaml.safe_load(text)
    for name, target in document["targets"].items():
        target |= {"account": OUTSIDE, "namespace": NAMESPACES[name]}
    document["manifests"] = [one for one in document["manifests"] if not one["path"].endswith("namespace.yml")]
    return str(yaml.safe_dump(document, sort_keys=False))
