"""A cluster on virtual time, asked by direct calls."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from sandbox.api.router import Api
from sandbox.api.wire import Request
from sandbox.server import Options, running
from tests.clock import VirtualClock

Object = dict[str, Any]
PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
PATHS = {
    "Pod": "/api/v1/namespaces/default/pods",
    "ConfigMap": "/api/v1/namespaces/default/configmaps",
    "Service": "/api/v1/namespaces/default/services",
    "ReplicaSet": "/apis/apps/v1/namespaces/default/replicasets",
    "Deployment": "/apis/apps/v1/namespaces/default/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/default/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/default/daemonsets",
    "Job": "/apis/batch/v1/namespaces/default/jobs",
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
}


class Client:
    """Asks the API and advances time; answers are (code, body)."""

    def __init__(self, api: Api, clock: VirtualClock) -> None:
        self.api = api
        self.clock = clock

    async def ask(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        response = await self.api.handle(
            Request(
                method=method,
                path=path,
                query=dict(pair.split("=", 1) for pair in query.split("&") if pair),
                headers={"content-type": options.get("content_type", "application/json"), "user-agent": "tests/1"},
                body=b"" if body is None else msgspec.json.encode(body),
            )
        )
        is_json = response.body and response.content_type.startswith("application/json")
        return response.status, msgspec.json.decode(response.body) if is_json else None

    async def create(self, value: Object) -> Object:
        code, stored = await self.ask("POST", PATHS[value["kind"]], value)
        assert code == 201, stored
        return stored  # type: ignore[no-any-return]

    async def get(self, kind: str, name: str) -> Object:
        code, value = await self.ask("GET", f"{PATHS[kind]}/{name}")
        assert code == 200, value
        return value  # type: ignore[no-any-return]

    async def items(self, kind: str, query: str = "") -> list[Object]:
        _, value = await self.ask("GET", f"{PATHS[kind]}?{query}")
        return value["items"]  # type: ignore[no-any-return]

    async def patch(self, form: str, kind: str, name: str, body: object, query: str = "") -> tuple[int, Any]:
        return await self.ask("PATCH", f"{PATHS[kind]}/{name}?{query}", body, content_type=PATCHES[form])

    async def apply(self, value: Object, manager: str, query: str = "") -> tuple[int, Any]:
        name = value["metadata"]["name"]
        return await self.patch("apply", value["kind"], name, value, f"fieldManager={manager}&{query}")

    async def delete(self, kind: str, name: str, **options: Any) -> tuple[int, Any]:
        return await self.ask("DELETE", f"{PATHS[kind]}/{name}", options or None)

    async def watch(self, path: str) -> "Watching":
        path, _, query = path.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        response = await self.api.handle(Request(method="GET", path=path, query={"watch": "1", **pairs}))
        assert response.stream is not None
        return Watching(response.stream)

    async def later(self, seconds: float) -> None:
        await self.clock.advance(seconds)


class Watching:
    """Reads the frames of one watch."""

    def __init__(self, stream: AsyncGenerator[bytes]) -> None:
        self._stream = stream

    async def read(self) -> list[Object]:
        """The frames that came together."""
        return [msgspec.json.decode(line) for line in (await anext(self._stream)).splitlines()]

    async def rest(self) -> list[Object]:
        return [msgspec.json.decode(line) async for chunk in self._stream for line in chunk.splitlines()]

    async def close(self) -> None:
        await self._stream.aclose()


@pytest.fixture
async def client() -> AsyncGenerator[Client]:
    clock = VirtualClock()
    async with running(Options(nodes=2, history=50), clock) as (api, _):
        client = Client(api, clock)
        await client.later(0)
        yield client
