"""A cluster that somebody lends to the demonstration: a sandbox that knows nothing of Fairlead."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from cli.local.children import Child
from tests.e2e.processes import FAIRLEAD, Running, environment
from tests.waiting import eventually


class Lent:
    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self._url: str = msgspec.json.decode(kubeconfig.read_bytes())["clusters"][0]["cluster"]["server"]

    async def namespaces(self) -> set[str]:
        return {one["metadata"]["name"] for one in (await self._get("/api/v1/namespaces"))["items"]}

    async def written(self) -> set[str]:
        """The paths of all writes that it was asked for."""
        return {one["path"] for one in (await self._get("/sandbox/requests"))["mutations"]}

    async def make(self, namespace: str) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        async with aiohttp.request("POST", f"{self._url}/api/v1/namespaces", json=body) as response:
            assert response.status == 201

    async def _get(self, path: str) -> dict[str, Any]:
        async with aiohttp.request("GET", f"{self._url}{path}") as response:
            return dict(await response.json())


@asynccontextmanager
async def lent(folder: Path) -> AsyncIterator[Lent]:
    kubeconfig = folder / "lent.kubeconfig"
    command = (str(FAIRLEAD), "sandbox", "--kubeconfig", str(kubeconfig))
    running = Running(Child("lent", command, environment(), folder / "lent.log"))

    async def is_written() -> bool:
        return kubeconfig.exists()

    try:
        await eventually(is_written)
        yield Lent(kubeconfig)
    finally:
        running.stop()
