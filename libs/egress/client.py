"""An HTTP client for addresses that users name. It connects to the very address that was checked, never past it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from libs.egress.addresses import AddressRefused, Network, check

CONNECT_SECONDS = 10.0


class Client:
    """Sends requests; no redirect is followed, no cookie kept, no proxy asked, every certificate verified."""

    def __init__(self, session: aiohttp.ClientSession, allowed: Sequence[Network]) -> None:
        self._session = session
        self._allowed = allowed

    @asynccontextmanager
    async def request(
        self, method: str, url: URL, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Raises `AddressRefused`, or what aiohttp does."""
        self._check_literal(url)
        try:
            async with self._session.request(
                method, url, headers=headers, data=body, allow_redirects=False, skip_auto_headers=("Content-Type",)
            ) as response:
                yield response
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                raise error.os_error from error
            raise

    def _check_literal(self, url: URL) -> None:
        """A number as host is connected to without being resolved."""
        try:
            ip_address((url.host or "").partition("%")[0])
        except ValueError:
            return
        check(url.host or "", self._allowed)


class _Checked(AbstractResolver):
    """Resolves a name once, and gives only addresses that may be connected to."""

    def __init__(self, allowed: Sequence[Network]) -> None:
        self._allowed = allowed
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await self._resolver.resolve(host, port, family)
        for one in found:
            check(one["host"], self._allowed)
        return found

    async def close(self) -> None:
        await self._resolver.close()


@asynccontextmanager
async def client(allowed: Sequence[Network]) -> AsyncIterator[Client]:
    """A client that may reach public addresses and `allowed` networks."""
    # A connection of its own for every request: its address is checked anew, and none can go stale between two.
    connector = aiohttp.TCPConnector(resolver=_Checked(allowed), use_dns_cache=False, limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=timeout, trust_env=False
    ) as session:
        yield Client(session, allowed)
