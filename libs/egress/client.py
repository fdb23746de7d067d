"""An HTTP client for addresses that users name. It connects to the very address that was checked, never past it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from libs.egress.addresses import AddressRefused, Network, check

CONNECT_SECONDS = 10.0


class Unanswered(Exception):
    """There is no answer. The text names neither host nor address: they may be secret."""


class Untrusted(Unanswered):
    """The certificate of who answers cannot be trusted."""


class Unsendable(Unanswered):
    """The request cannot be sent as it is."""


class Client:
    """Sends requests; no redirect is followed, no cookie kept, no proxy asked, every certificate verified."""

    def __init__(self, session: aiohttp.ClientSession, allowed: Sequence[Network]) -> None:
        self._session = session
        self._allowed = allowed

    @asynccontextmanager
    async def request(
        self, method: str, url: URL, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Raises `AddressRefused`, `Unanswered`, or `TimeoutError` where no connection is made in time."""
        with _translated():
            self._check_literal(url)
            async with self._session.request(
                method, url, headers=headers, data=body, allow_redirects=False, skip_auto_headers=("Content-Type",)
            ) as response:
                yield response

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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (TimeoutError, AddressRefused):
        raise
    except aiohttp.ClientConnectorCertificateError as error:
        raise Untrusted(_untrusted(error.certificate_error)) from None
    except ValueError:
        raise Unsendable("the request cannot be sent as it is") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefused):
            raise error.os_error from None
        raise Unanswered(f"cannot connect: {error.os_error.strerror or 'the name has no address'}") from None
    except (aiohttp.ClientError, OSError) as error:
        raise Unanswered(f"the call broke off ({type(error).__name__})") from None


def _untrusted(error: Exception) -> str:
    why = error.verify_message.partition(",")[0] if isinstance(error, ssl.SSLCertVerificationError) else ""
    return f"its certificate cannot be trusted{f' ({why})' if why else ''}"
