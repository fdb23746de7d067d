"""The token this agent presents: fetched with its client credentials, kept, and fetched again before it expires."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote_plus

import aiohttp
import msgspec
from msgspec import Struct

from libs.runtime.clock import Clock
from libs.runtime.secret import Secret

_FETCH_SECONDS = 15.0
_ANSWER_BYTES = 64 * 1024
_RENEWED_AT = 0.7
"""Of a token's life."""


class NoToken(Exception):
    """The issuer gave no token; the message says what it said."""


class Grant(Struct, frozen=True):
    """A token, and when (on the monotonic clock) to ask for the next one."""

    token: str
    renew_at: float


class Credentials(Struct, frozen=True):
    """Who this agent is to the issuer."""

    token_url: str
    client_id: str
    client_secret: Secret
    audience: str = ""


class Issued(Struct):
    """What the issuer gave."""

    access_token: str
    expires_in: float = 300.0


Issue = Callable[[], Awaitable[Issued]]
"""A fresh token; raises `NoToken`."""


class Tokens:
    """Tokens of one client."""

    def __init__(self, issue: Issue, clock: Clock) -> None:
        self._issue = issue
        self._clock = clock
        self._kept: Grant | None = None

    async def current(self) -> Grant:
        """A token that has most of its life before it."""
        if self._kept is None or self._kept.renew_at <= self._clock.monotonic():
            self._kept = await self._fetch()
        return self._kept

    def forget(self) -> None:
        """The gateway did not accept it."""
        self._kept = None

    async def _fetch(self) -> Grant:
        asked_at = self._clock.monotonic()
        issued = await self._issue()
        return Grant(issued.access_token, asked_at + issued.expires_in * _RENEWED_AT)


class Issuer:
    """Asked over HTTP, with the credentials of one client."""

    def __init__(self, session: aiohttp.ClientSession, credentials: Credentials) -> None:
        self._session = session
        self._credentials = credentials

    async def issue(self) -> Issued:
        """See `Issue`."""
        credentials = self._credentials
        form = {"grant_type": "client_credentials"} | (
            {"audience": credentials.audience} if credentials.audience else {}
        )
        try:
            async with asyncio.timeout(_FETCH_SECONDS), self._post(form) as response:
                body = await response.content.read(_ANSWER_BYTES)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NoToken(f"{credentials.token_url} cannot be asked: {error or type(error).__name__}") from error
        if response.status != 200:
            raise NoToken(f"{credentials.token_url} answered {response.status}: {body[:500].decode(errors='replace')}")
        return _decode(body, credentials.token_url)

    def _post(self, form: dict[str, str]) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = _basic(self._credentials)
        return self._session.post(self._credentials.token_url, data=form, headers=headers, allow_redirects=False)


def _basic(credentials: Credentials) -> dict[str, str]:
    # RFC 6749 2.3.1: both parts are form-encoded before they are joined.
    parts = quote_plus(credentials.client_id), quote_plus(credentials.client_secret.reveal())
    return {"Authorization": f"Basic {base64.b64encode(':'.join(parts).encode()).decode()}"}


def _decode(body: bytes, url: str) -> Issued:
    try:
        return msgspec.json.decode(body, type=Issued, strict=False)
    except msgspec.MsgspecError as error:
        raise NoToken(f"{url} answered something that is not a token: {error}") from error
