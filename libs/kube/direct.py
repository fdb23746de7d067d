"""HTTP straight to an API server: what the agent does, and what tests and tools do without an agent."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from libs.kube.lines import lines
from libs.kube.port import JSON, PLAIN, Fence, Media, Response
from libs.kube.status import checked, retry_seconds
from libs.link.port import Lost, Unreachable

REQUEST_SECONDS = 30.0
_CONNECT_SECONDS = 10.0

Authorize = Callable[[], Awaitable[Mapping[str, str]]]
"""The headers that say who is asking; asked for before every request, so that they can change."""


class Direct:
    """See `Transport`; `open` is the part below it, which streams."""

    def __init__(self, session: aiohttp.ClientSession, server: str, authorize: Authorize) -> None:
        self._session = session
        self._server = server.rstrip("/")
        self._authorize = authorize

    @asynccontextmanager
    async def open(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; the response when its headers are there. No time limit but that of connecting."""
        url = URL(self._server + path, encoded=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        authorized = {**headers, **await self._authorize()}
        try:
            async with self._session.request(
                method, url, headers=authorized, data=body, timeout=timeout, allow_redirects=False
            ) as response:
                yield response
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(f"cannot connect to {self._server}: {error.os_error}") from error
        except aiohttp.ConnectionTimeoutError as error:
            raise Unreachable(f"no connection to {self._server} within {_CONNECT_SECONDS:g} s") from error
        except aiohttp.ClientError as error:
            raise Lost(f"{self._server}: {error or type(error).__name__}") from error

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response:
        headers = {"Accept": media.accept, **({"Content-Type": media.content_type} if body is not None else {})}
        async with self.open(method, path, headers, body) as response:
            return Response(response.status, await response.read(), retry_seconds(response.headers))

    @asynccontextmanager
    async def watch(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self.open("GET", path, {"Accept": JSON}) as response:
            if response.status != 200:
                checked(Response(response.status, await response.read(), retry_seconds(response.headers)))
            yield lines(response.content.iter_any())
