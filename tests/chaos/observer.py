"""What the cluster saw: every state of ReplicaSets and Services, watched at its own API, in the order of revisions."""

import asyncio
import json
from typing import Any

import aiohttp
from msgspec import Struct

_PATHS = {"ReplicaSet": "/apis/apps/v1/replicasets", "Service": "/api/v1/services"}
_PAUSE = 0.2


class Seen(Struct, frozen=True):
    revision: int
    kind: str
    change: str
    """`ADDED`, `MODIFIED`, `DELETED`."""
    value: dict[str, Any]


class Observer:
    def __init__(self, url: str) -> None:
        self.gaps = 0
        """How often the cluster had forgotten what came after the last one seen."""
        self._url = url
        self._seen: dict[tuple[int, str], Seen] = {}

    @property
    def seen(self) -> list[Seen]:
        """Oldest first; each once."""
        return [self._seen[place] for place in sorted(self._seen)]

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=3, sock_read=30)
        session = aiohttp.ClientSession(self._url, timeout=timeout)
        async with session, asyncio.TaskGroup() as group:
            for kind in _PATHS:
                group.create_task(self._follow(session, kind))

    async def _follow(self, session: aiohttp.ClientSession, kind: str) -> None:
        after = 0
        while True:
            try:
                after = after or await self._list(session, kind)
                after = await self._watch(session, kind, after)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                await asyncio.sleep(_PAUSE)

    async def _list(self, session: aiohttp.ClientSession, kind: str) -> int:
        async with session.get(_PATHS[kind]) as answer:
            listed = await answer.json()
        for item in listed["items"]:
            self._keep(kind, "ADDED", item)
        return int(listed["metadata"]["resourceVersion"])

    async def _watch(self, session: aiohttp.ClientSession, kind: str, after: int) -> int:
        """The last revision that was seen; 0 where the list must be read again."""
        query = {"watch": "true", "resourceVersion": str(after), "timeoutSeconds": "20"}
        async with session.get(_PATHS[kind], params=query) as answer:
            if answer.status != 410:
                return await self._events(kind, answer, after)
        self.gaps += 1
        return 0

    async def _events(self, kind: str, answer: aiohttp.ClientResponse, after: int) -> int:
        try:
            while line := await answer.content.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    self.gaps += 1
                    return 0
                after = self._keep(kind, event["type"], event["object"])
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            pass  # what was seen stays seen
        return after

    def _keep(self, kind: str, change: str, value: dict[str, Any]) -> int:
        revision = int(value["metadata"]["resourceVersion"])
        self._seen[revision, value["metadata"]["uid"]] = Seen(revision, kind, change, value)
        return revision
