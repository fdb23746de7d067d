"""The keys of an issuer elsewhere: when they are fetched, how long they count, what is refused."""

import asyncio
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from libs.auth.keys import IssuerUnavailable, JwksCache, UnknownKey, parse_jwks
from libs.auth.signing import SigningKey
from tests.unit.auth.virtual import RemoteIssuer, VirtualClock

URL = "https://issuer.example"
OLD, NEW = SigningKey.generate(), SigningKey.generate()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def issuer() -> RemoteIssuer:
    return RemoteIssuer(URL, OLD.public)


@pytest.fixture
def cache(issuer: RemoteIssuer, clock: VirtualClock) -> JwksCache:
    return JwksCache(URL, issuer.fetch, clock)


async def test_keys_are_fetched_once(cache: JwksCache, issuer: RemoteIssuer) -> None:
    keys = await asyncio.gather(*(cache.key(OLD.kid) for _ in range(100)))
    assert ({key.key_id for key in keys}, issuer.reads) == ({OLD.kid}, 1)


async def test_keys_are_fetched_again_after_ten_minutes(
    cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock
) -> None:
    await cache.key(OLD.kid)
    clock.pass_by(599)
    await cache.key(OLD.kid)
    assert issuer.reads == 1
    clock.pass_by(1)
    await cache.key(OLD.kid)
    assert issuer.reads == 2


async def test_thousand_unknown_ids_cost_one_fetch(cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock) -> None:
    await cache.key(OLD.kid)
    clock.pass_by(30)
    for number in range(1000):
        with pytest.raises(UnknownKey):
            await cache.key(f"made-up-{number}")
        clock.pass_by(0.029)
    assert issuer.reads == 2


async def test_new_key_is_found_within_thirty_seconds(
    cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock
) -> None:
    await cache.key(OLD.kid)
    issuer.keys.append(NEW.public)
    with pytest.raises(UnknownKey):
        await cache.key(NEW.kid)
    clock.pass_by(30)
    assert (await cache.key(NEW.kid)).key_id == NEW.kid


async def test_dropped_key_stops_counting(cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock) -> None:
    await cache.key(OLD.kid)
    issuer.keys[:] = [NEW.public]
    clock.pass_by(600)
    with pytest.raises(UnknownKey):
        await cache.key(OLD.kid)


async def test_key_of_the_same_id_replaces_the_old(cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock) -> None:
    before = await cache.key(OLD.kid)
    issuer.keys[:] = [{**NEW.public, "kid": OLD.kid}]
    clock.pass_by(600)
    after = await cache.key(OLD.kid)
    assert after.key.public_numbers() == PyJWK(NEW.public).key.public_numbers() != before.key.public_numbers()


async def test_known_keys_outlive_an_outage(cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock) -> None:
    await cache.key(OLD.kid)
    issuer.is_up = False
    clock.pass_by(23 * 3600)
    assert (await cache.key(OLD.kid)).key_id == OLD.kid


async def test_known_keys_end_after_a_day_of_outage(
    cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock
) -> None:
    await cache.key(OLD.kid)
    issuer.is_up = False
    clock.pass_by(24 * 3600)
    with pytest.raises(IssuerUnavailable, match="no route"):
        await cache.key(OLD.kid)


async def test_unknown_key_is_undecided_in_an_outage(
    cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock
) -> None:
    await cache.key(OLD.kid)
    issuer.is_up = False
    clock.pass_by(30)
    with pytest.raises(IssuerUnavailable):
        await cache.key(NEW.kid)


async def test_outage_is_not_hammered(cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock) -> None:
    await cache.key(OLD.kid)
    issuer.is_up = False
    clock.pass_by(600)
    for _ in range(100):
        await cache.key(OLD.kid)
        clock.pass_by(0.29)
    assert issuer.reads == 2


async def test_start_waits_a_second_for_its_issuer(cache: JwksCache, issuer: RemoteIssuer, clock: VirtualClock) -> None:
    issuer.is_up = False
    with pytest.raises(IssuerUnavailable):
        await cache.key(OLD.kid)
    issuer.is_up = True
    clock.pass_by(1)
    assert (await cache.key(OLD.kid)).key_id == OLD.kid


async def test_issuer_of_another_name_is_refused(cache: JwksCache, issuer: RemoteIssuer) -> None:
    issuer.name = "https://issuer.example.evil"
    with pytest.raises(IssuerUnavailable, match="calls itself"):
        await cache.key(OLD.kid)


async def test_cancelled_fetch_is_done_by_the_next(cache: JwksCache) -> None:
    first = asyncio.ensure_future(cache.key(OLD.kid))
    await asyncio.sleep(0)
    first.cancel()
    assert (await cache.key(OLD.kid)).key_id == OLD.kid


def rsa_jwk(bits: int, **more: str) -> dict[str, Any]:
    private = rsa.generate_private_key(65537, bits)
    return {**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "r", "alg": "RS256", **more}


def jwks(*keys: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"keys": keys})


def test_three_algorithms_are_known() -> None:
    edwards = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate().public_key(), as_dict=True) | {"kid": "e"}
    assert set(parse_jwks(jwks(OLD.public, rsa_jwk(2048), edwards))) == {OLD.kid, "r", "e"}


@pytest.mark.parametrize(
    "unusable",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "ES256"},
        {**OLD.public, "alg": "HS256"},
        {**OLD.public, "alg": "none"},
        {**OLD.public, "use": "enc"},
        {**OLD.public, "x": "!!"},
        {**OLD.public, "alg": "RS256"},
        {"kid": "x"},
        {"kty": ["EC"], "kid": "x"},
        rsa_jwk(1024),
        rsa_jwk(2048, alg="RS512"),
    ],
)
def test_unusable_key_is_left_out(unusable: dict[str, Any]) -> None:
    assert set(parse_jwks(jwks(unusable, NEW.public))) == {NEW.kid}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [1]}',
        b"[" * 100_000,
        jwks(*[OLD.public] * 65),
        jwks(OLD.public, {**NEW.public, "kid": OLD.kid}),
        jwks({name: value for name, value in OLD.public.items() if name != "kid"}),
    ],
)
def test_doubtful_document_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError):
        parse_jwks(document)
