"""A watch that cannot be read is not asked again from the same place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from libs.kube.port import PLAIN, Fence, Media, Response
from libs.kube.reflector import Collection, Reflector
from libs.runtime.clock import SystemClock


class Garbling:
    """Lists well, and sends one unreadable line at every watch."""

    def __init__(self, line: bytes) -> None:
        self.lists = 0
        self.twice = asyncio.Event()
        self._line = line

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response:
        self.lists += 1
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
