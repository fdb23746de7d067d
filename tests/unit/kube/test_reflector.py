"""A watch is not asked again from where it cannot be read, nor from where the cluster has not come again yet."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import msgspec
import pytest

from libs.kube.port import PLAIN, Fence, Media, Response
from libs.kube.reflector import Collection, Reflector
from libs.runtime.clock import SystemClock
from tests.clock import VirtualClock, settle


class Garbling:
    """Lists well, and sends one unreadable line at every watch."""

    def __init__(self, line: bytes) -> None:
        self.lists = 0
        self.twice = asyncio.Event()
        self._line = line

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response:
        self.lists += "fieldSelector" not in path
        if self.lists == 2:
            self.twice.set()
        return Response(200, b'{"metadata": {"resourceVersion": "7"}, "items": []}')

    @asynccontextmanager
    async def watch(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._lines()

    async def _lines(self) -> AsyncIterator[bytes]:
        yield self._line


@pytest.mark.parametrize("line", [b"{", b"\xff", b'{"type": "ADDED", "object": {}}', b'{"type": 3, "object": {}}'])
async def test_unreadable_event_lists_anew(line: bytes) -> None:
    transport = Garbling(line)
    reflector = Reflector(transport, Collection("/api/v1/pods"), SystemClock(), Random(1))
    running = asyncio.ensure_future(reflector.run())
    async with asyncio.timeout(10):
        await transport.twice.wait()
    running.cancel()


def made(name: str, version: str) -> dict[str, object]:
    return {"metadata": {"name": name, "resourceVersion": version}}


class Going:
    """A cluster whose objects and version the test sets; a watch tells what it is given, and ends when told to."""

    def __init__(self, version: str, *names: str) -> None:
        self.version = version
        self.names = names
        self.lists = 0
        self.events: asyncio.Queue[dict[str, object]] = asyncio.Queue()

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response:
        is_list = "fieldSelector" not in path
        self.lists += is_list
        items = [made(name, self.version) for name in self.names] if is_list else []
        return Response(200, msgspec.json.encode({"metadata": {"resourceVersion": self.version}, "items": items}))

    @asynccontextmanager
    async def watch(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._lines()

    async def _lines(self) -> AsyncIterator[bytes]:
        while event := await self.events.get():
            yield msgspec.json.encode(event)

    async def end(self) -> None:
        """The server ends the watch, as it does every few minutes and when it is stopped."""
        self.events.put_nowait({})
        await settle()


async def seen_after(cluster: Going, version: str, names: Sequence[str], witnessed: str = "") -> tuple[set[str], int]:
    """What is seen, and how old the view is, once a watched cluster has become another and its watch has ended."""
    reflector = Reflector(cluster, Collection("/api/v1/pods"), VirtualClock(), Random(1))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(reflector.run())
        await settle()
        reflector.witness(witnessed)
        cluster.version, cluster.names = version, tuple(names)
        await cluster.end()
        running.cancel()
    return set(reflector.objects), reflector.ages


@pytest.mark.parametrize(("version", "expected"), [("7", {"a"}), ("9", {"a"}), ("6", {"b"})])
async def test_cluster_that_came_back_older_is_listed_anew(version: str, expected: set[str]) -> None:
    seen, _ = await seen_after(Going("7", "a"), version, ["b"])
    assert seen == expected


async def test_coming_back_older_is_counted() -> None:
    assert await seen_after(Going("7", "a"), "6", ["a"]) == ({"a"}, 1)


async def test_what_somebody_was_answered_counts_as_known() -> None:
    """A write came after what the watch had told, and is lost with the backup."""
    assert await seen_after(Going("7", "a"), "8", ["b"], witnessed="9") == ({"b"}, 1)


async def test_event_older_than_the_view_lists_anew() -> None:
    cluster, clock = Going("7", "a"), VirtualClock()
    reflector = Reflector(cluster, Collection("/api/v1/pods"), clock, Random(1))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(reflector.run())
        await settle()
        cluster.version, cluster.names = "5", ("b",)
        cluster.events.put_nowait({"type": "BOOKMARK", "object": made("", "5")})
        await settle()
        await clock.advance(1)
        running.cancel()
    assert (set(reflector.objects), reflector.ages) == ({"b"}, 1)
