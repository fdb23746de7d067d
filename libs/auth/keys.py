"""The public keys that tokens are checked with: read from a JWKS document, cached per issuer, found by `kid`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError
from msgspec import Struct

from libs.runtime.clock import Clock

ALGORITHMS = ("EdDSA", "ES256", "RS256")
"""What tokens may be signed with. Never `none`, never a shared secret."""

MAX_KEYS = 64
FRESH_SECONDS = 600.0
STALE_SECONDS = 24 * 3600.0
"""How long keys go on counting while their issuer cannot be reached."""
PAUSE_SECONDS = 30.0
"""Between two fetches, whatever tokens claim to be signed with."""
FIRST_PAUSE_SECONDS = 1.0
"""The same, while nothing has been fetched yet: a start should not wait half a minute for its issuer."""
_RSA_BITS = 2048


class UnknownKey(Exception):
    """The issuer has no such key."""


class IssuerUnavailable(Exception):
    """Whether the issuer has this key cannot be found out now: try again; the token may be good."""


PublicKey = PyJWK
"""A key that signatures are checked with."""


class KeySource(Protocol):
    """Where an issuer's keys come from."""

    async def key(self, kid: str) -> PublicKey:
        """The key of this id. Raises `UnknownKey` or `IssuerUnavailable`."""
        ...


Fetch = Callable[[str], Awaitable[bytes]]
"""GET a URL; raises `OSError` or `TimeoutError`. It bounds time and size and follows no redirect."""


class LocalKeys:
    """The keys of an issuer that runs in this very process."""

    def __init__(self, keys: Callable[[], Mapping[str, PublicKey]]) -> None:
        self._keys = keys

    async def key(self, kid: str) -> PublicKey:
        try:
            return self._keys()[kid]
        except KeyError:
            raise UnknownKey(kid) from None


class JwksCache:
    """The keys of an issuer elsewhere, found by discovery.

    Keys are fetched again after ten minutes, or when a token names one that is not known, at most once in thirty
    seconds. While the issuer is down the keys at hand go on counting for a day; an unknown one is never accepted.
    """

    def __init__(self, issuer: str, fetch: Fetch, clock: Clock) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str, PublicKey] = {}
        self._fetched_at = 0.0
        self._tried_at: float | None = None
        self._failure = ""
        self._fetching = asyncio.Lock()

    async def key(self, kid: str) -> PublicKey:
        if self._is_due(kid) and not (kid in self._keys and self._fetching.locked()):
            async with self._fetching:
                if self._is_due(kid):
                    await self._refresh()
        if kid in self._keys:
            return self._keys[kid]
        if self._failure:
            raise IssuerUnavailable(f"the keys of {self._issuer} cannot be read: {self._failure}")
        raise UnknownKey(kid)

    def _is_due(self, kid: str) -> bool:
        if self._tried_at is None:
            return True
        now = self._clock.monotonic()
        if now - self._tried_at < (PAUSE_SECONDS if self._keys else FIRST_PAUSE_SECONDS):
            return False
        return kid not in self._keys or now - self._fetched_at >= FRESH_SECONDS

    async def _refresh(self) -> None:
        try:
            self._keys = await self._fetched()
            self._fetched_at, self._failure = self._clock.monotonic(), ""
        except (OSError, TimeoutError, ValueError) as error:
            self._failure = str(error) or type(error).__name__
            if self._clock.monotonic() - self._fetched_at >= STALE_SECONDS:
                self._keys = {}
        self._tried_at = self._clock.monotonic()

    async def _fetched(self) -> Mapping[str, PublicKey]:
        discovery = _decoded(
            await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"), _Discovery
        )
        if discovery.issuer != self._issuer:
            raise ValueError(f"expected the issuer {self._issuer}, but it calls itself {discovery.issuer[:200]}")
        return parse_jwks(await self._fetch(discovery.jwks_uri))


class _Discovery(Struct):
    issuer: str
    jwks_uri: str


class _Jwks(Struct):
    keys: list[dict[str, Any]]


def parse_jwks(document: bytes) -> dict[str, PublicKey]:
    """The signing keys of a JWKS document, by id. Keys we cannot use are left out; a doubtful document is refused."""
    described = _decoded(document, _Jwks).keys
    if len(described) > MAX_KEYS:
        raise ValueError(f"expected at most {MAX_KEYS} keys, got {len(described)}")
    usable = [(key.key_id, key) for one in described if (key := usable_key(one)) is not None]
    keys = {kid: key for kid, key in usable if kid}
    if len(keys) != len(usable):
        raise ValueError("two keys have one id, or a key has none")
    return keys


def usable_key(described: dict[str, Any]) -> PublicKey | None:
    """A JWK as a key for one of `ALGORITHMS`, or None."""
    if described.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(described)
    except (PyJWTError, NotImplementedError, TypeError, ValueError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < _RSA_BITS:
        return None
    return key if key.algorithm_name in ALGORITHMS else None


def _decoded(document: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(document, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"the issuer's document is malformed: {error}") from error
