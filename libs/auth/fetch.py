"""How an issuer's documents are fetched, and the verifier of a process that does not issue tokens itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from libs.auth.keys import Fetch, JwksCache
from libs.auth.tokens import Issuer, Verifier
from libs.runtime.clock import Clock
from libs.runtime.process import CannotStart
from libs.runtime.settings import ProcessSettings

_SECONDS = 3.0
_BYTES = 256 * 1024


@asynccontextmanager
async def remote_verifier(settings: ProcessSettings, clock: Clock) -> AsyncIterator[Verifier]:
    """Checks the tokens of the issuer that the settings name."""
    url = issuer_url(settings)
    if settings.profile == "production" and not url.startswith("https://"):
        raise CannotStart(
            f"FAIRLEAD_ISSUER_URL: expected https://…, got {url!r}; FAIRLEAD_PROFILE=development allows it"
        )
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_SECONDS), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        keys = JwksCache(url, fetcher(session, settings.profile == "development"), clock)
        yield Verifier([Issuer(url, keys, settings.audience)], clock)


def issuer_url(settings: ProcessSettings) -> str:
    """Who issues this installation's tokens, spelled as the tokens spell it."""
    return settings.issuer_url or settings.public_url or f"http://{settings.http_address}"


def fetcher(session: aiohttp.ClientSession, is_plain_allowed: bool) -> Fetch:
    """GET over HTTPS, bounded in time and size, following no redirect."""

    async def fetch(url: str) -> bytes:
        if not url.startswith(("https://", "http://") if is_plain_allowed else "https://"):
            raise OSError(f"{url[:200]} is not fetched: only https is")
        try:
            async with session.get(url, allow_redirects=False) as response:
                content = await _bounded(response)
        except aiohttp.ClientError as error:
            raise OSError(f"{url[:200]}: {error}") from error
        if response.status != 200:
            raise OSError(f"{url[:200]} answered {response.status}")
        return content

    return fetch


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > _BYTES:
            raise OSError(f"the answer is larger than {_BYTES} bytes")
    return bytes(content)
