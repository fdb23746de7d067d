"""Following a deployment over cuts: frames as they come, from where the last connection ended."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp

from cli.client import Client, refused, unreachable
from cli.exits import Stop
from libs.api.stream import Frame, Reader

PATIENCE_SECONDS = 120.0
"""How long a server may be away before it is given up."""
_LONGEST_PAUSE = 5.0


class Follow:
    """The frames of one deployment, until its end."""

    def __init__(self, client: Client, deployment: str, last_id: str = "") -> None:
        self._client = client
        self._path = f"/deployments/{deployment}/events"
        self._last_id = last_id
        self._has_ended = False

    async def frames(self) -> AsyncGenerator[Frame, None]:
        loop = asyncio.get_running_loop()
        heard, pause = loop.time(), 0.25
        while not self._has_ended:
            try:
                async for frame in self._connection():
                    heard, pause = loop.time(), 0.25
                    yield frame
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if loop.time() - heard > PATIENCE_SECONDS:
                    raise unreachable(self._client.place.server, error) from error
            if not self._has_ended:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _connection(self) -> AsyncGenerator[Frame, None]:
        async with self._client.stream(self._path, self._last_id) as response:
            if response.status == 204:
                self._has_ended = True
                return
            if response.status >= 500 or response.status == 429:
                raise aiohttp.ClientConnectionError(f"the server answered {response.status}")
            if response.status != 200:
                raise await _refusal(response)
            reader = Reader()
            async for piece in response.content.iter_any():
                for frame in reader.feed(piece):
                    self._last_id = frame.id or self._last_id
                    self._has_ended = self._has_ended or frame.event == "end"
                    yield frame


async def _refusal(response: aiohttp.ClientResponse) -> Stop:
    return refused(response.status, await response.read())
