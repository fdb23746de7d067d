"""Access tokens: checked against pinned issuers, algorithms, audience, types and lifetimes, and nothing a token says.

Our own claims are `tenant`, `kind` (user, machine or agent), `roles`, and `agent` for an agent's identifier.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import jwt
import msgspec
from jwt.exceptions import PyJWTError
from jwt.utils import base64url_decode
from msgspec import Meta, Struct

from libs.auth.keys import ALGORITHMS, KeySource, UnknownKey
from libs.auth.principal import Kind, Principal
from libs.runtime.clock import Clock

LEEWAY_SECONDS = 30
EXPIRED = "the token has expired: get a new one"
MAX_TOKEN_BYTES = 8 * 1024
_MAX_DEPTH = 8
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_KID = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_signatures = jwt.PyJWS(algorithms=list(ALGORITHMS))

Role = Annotated[str, Meta(min_length=1, max_length=128)]
Instant = Annotated[int, Meta(ge=0, le=253_402_300_799)]


class InvalidToken(Exception):
    """This token counts for nothing. The reason may be shown and logged: it repeats no part of the token."""


class Issuer(Struct, frozen=True):
    """Whose tokens count, and which of them."""

    url: str
    keys: KeySource
    audience: str
    types: frozenset[str] = frozenset({"at+jwt"})
    """Accepted `typ` headers. An identity token (`JWT` at many issuers) is no access token."""
    max_seconds: int = 86400
    """A token that claims to live longer is refused."""


class Claims(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a token says."""

    iss: str
    sub: Annotated[str, Meta(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: Instant
    iat: Instant
    nbf: Instant | None = None
    jti: Annotated[str, Meta(max_length=255)] = ""
    tenant: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,63}\Z")]
    kind: Kind
    roles: Annotated[list[Role], Meta(max_length=64)]
    agent: Annotated[str, Meta(max_length=253)] = ""


class _Header(Struct, frozen=True):
    alg: str
    kid: str
    typ: str = ""
    crit: None = None
    """No extension is understood here, so none may be critical."""


class Verifier:
    """Turns a bearer token into who it speaks for."""

    def __init__(self, issuers: Sequence[Issuer], clock: Clock) -> None:
        self._issuers = {issuer.url: issuer for issuer in issuers}
        self._clock = clock

    async def principal(self, token: str) -> Principal:
        """Whom the token speaks for. Raises `InvalidToken`, or `IssuerUnavailable` where that cannot be told now."""
        header, claims = _taken_apart(token)
        issuer = self._issuers.get(claims.iss)
        if issuer is None:
            raise InvalidToken("the token is from an issuer that is not trusted here")
        await _check_signature(token, header, issuer)
        _check_claims(claims, issuer, self._clock.now().timestamp())
        return Principal(
            tenant=claims.tenant,
            subject=claims.sub,
            roles=frozenset(claims.roles),
            kind=claims.kind,
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
            agent=claims.agent,
            token_id=claims.jti,
        )


def has_run_out(expires: float, now: float) -> bool:
    """Whether a token that says when it expires counts no more; both are seconds since 1970."""
    return expires + LEEWAY_SECONDS <= now


def bearer(authorization: str) -> str:
    """The token in an `Authorization` header."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("expected Authorization: Bearer and a token")
    return token


def _taken_apart(token: str) -> tuple[_Header, Claims]:
    """The token's header and claims. Nothing of it is believed yet."""
    if len(token) > MAX_TOKEN_BYTES or not _SHAPE.fullmatch(token):
        raise InvalidToken(f"expected three parts of base64url, at most {MAX_TOKEN_BYTES} bytes together")
    header, claims, _ = token.split(".")
    return _typed(header, _Header), _typed(claims, Claims)


async def _check_signature(token: str, header: _Header, issuer: Issuer) -> None:
    if header.alg not in ALGORITHMS or header.typ not in issuer.types:
        raise InvalidToken("the token's header has an algorithm or a type that is not accepted")
    if not _KID.fullmatch(header.kid):
        raise InvalidToken("the token's key id is malformed")
    try:
        key = await issuer.keys.key(header.kid)
        _signatures.decode_complete(token, key, algorithms=[header.alg])
    except UnknownKey as error:
        raise InvalidToken("the token is signed with a key that its issuer does not have") from error
    except PyJWTError as error:
        raise InvalidToken("the token's signature does not hold") from error


def _check_claims(claims: Claims, issuer: Issuer, now: float) -> None:
    if claims.aud not in (issuer.audience, [issuer.audience]):
        raise InvalidToken("the token is for somebody else")
    if has_run_out(claims.exp, now):
        raise InvalidToken(EXPIRED)
    if max(claims.iat, claims.nbf or 0) - LEEWAY_SECONDS > now:
        raise InvalidToken("the token is from the future: compare the clocks of this machine and the issuer's")
    if claims.exp - claims.iat > issuer.max_seconds:
        raise InvalidToken(f"the token lives longer than the {issuer.max_seconds} s that are accepted")
    if (claims.kind is Kind.AGENT) is not bool(claims.agent):
        raise InvalidToken("an agent's token names the agent, and no other token does")


def _typed(part: str, kind: Any) -> Any:
    try:
        return msgspec.convert(_strict_json(base64url_decode(part)), kind, strict=True)
    except (ValueError, RecursionError) as error:
        raise InvalidToken("a claim or header of the token is missing or malformed") from error


def _strict_json(text: bytes) -> Any:
    value = json.loads(text, object_pairs_hook=_unique, parse_float=_refused, parse_constant=_refused)
    if _depth(value) > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _refused(number: str) -> NoReturn:
    raise ValueError("only whole numbers have a meaning here")


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)
