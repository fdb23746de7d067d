"""HTTP to whatever is near the agent: nothing is added to what was asked, and no redirect is followed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from libs.link.port import Lost, Unreachable

_CONNECT_SECONDS = 10.0


class Nearby:
    """See `Way`; a path is an absolute URL."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @asynccontextmanager
    async def open(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS)
        try:
            async with self._session.request(
                method,
                URL(path, encoded=True),
                headers=headers,
                data=body,
                timeout=timeout,
                # Only who asks knows what the body is.
                skip_auto_headers=("Content-Type",),
                # A redirect would lead past the list of hosts.
                allow_redirects=False,
            ) as response:
                yield response
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable(f"cannot connect: {error}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise Lost(f"the call broke off: {error or type(error).__name__}") from error
