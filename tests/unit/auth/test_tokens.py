"""Tokens: one good one, and everything else that somebody may present as one."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from libs.auth.keys import IssuerUnavailable, JwksCache, LocalKeys
from libs.auth.principal import Kind, Principal
from libs.auth.signing import SigningKey, issue
from libs.auth.tokens import Claims, InvalidToken, Issuer, Verifier, bearer, has_run_out
from tests.unit.auth.virtual import START, RemoteIssuer, VirtualClock

URL, AUDIENCE = "https://issuer.example", "fairlead"
KEY, OTHER = SigningKey.generate(), SigningKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
EDWARDS = ed25519.Ed25519PrivateKey.generate()
PUBLIC = {
    KEY.kid: PyJWK(KEY.public),
    "rsa": PyJWK({**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa", "alg": "RS256"}),
    "edwards": PyJWK({**OKPAlgorithm.to_jwk(EDWARDS.public_key(), as_dict=True), "kid": "edwards"}),
}
NOW = int(START.timestamp())
GOOD: dict[str, Any] = {
    "iss": URL, "sub": "ann", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 600, "jti": "1",
    "tenant": "main", "kind": "user", "roles": ["deployer"],
}  # fmt: skip
HEADER: dict[str, Any] = {"alg": "ES256", "kid": KEY.kid, "typ": "at+jwt"}


def verifier() -> Verifier:
    return Verifier([Issuer(URL, LocalKeys(lambda: PUBLIC), AUDIENCE)], VirtualClock())


def part(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(claims: object = GOOD, header: object = HEADER) -> str:
    """A token with a signature that holds, whatever it says."""
    signing_input = f"{part(header)}.{part(claims)}"
    algorithm = jwt.get_algorithm_by_name("ES256")
    signature = algorithm.sign(signing_input.encode(), KEY._private)
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def refusal(token: str) -> str:
    with pytest.raises(InvalidToken) as refused:
        await verifier().principal(token)
    return str(refused.value)


async def test_good_token_names_its_principal() -> None:
    assert await verifier().principal(signed()) == Principal(
        tenant="main",
        subject="ann",
        roles=frozenset({"deployer"}),
        kind=Kind.USER,
        expires_at=START + timedelta(seconds=600),
        token_id="1",
    )


@pytest.mark.parametrize(("now", "expected"), [(99, False), (100, False), (129, False), (130, True), (1000, True)])
def test_token_counts_until_half_a_minute_after_its_end(now: int, expected: bool) -> None:
    assert has_run_out(100, now) is expected


async def test_issued_token_is_good() -> None:
    claims = Claims(
        iss=URL, sub="agent.main.prod", aud=AUDIENCE, exp=NOW + 60, iat=NOW, tenant="main", kind=Kind.AGENT,
        roles=["agent"], agent="prod",
    )  # fmt: skip
    principal = await verifier().principal(issue(KEY, claims))
    assert (principal.agent, principal.kind, principal.roles) == ("prod", Kind.AGENT, frozenset({"agent"}))


def test_issued_token_serves_the_original_clients() -> None:
    claims = Claims(
        iss=URL, sub="ci", aud=AUDIENCE, exp=NOW + 60, iat=NOW, tenant="main", kind=Kind.MACHINE, roles=["deployer"]
    )
    said = jwt.decode(issue(KEY, claims), options={"verify_signature": False})
    assert said["https://cloud.armory.io/principal"]["envId"] == "main"


@pytest.mark.parametrize(("algorithm", "private", "kid"), [("RS256", RSA, "rsa"), ("EdDSA", EDWARDS, "edwards")])
async def test_other_algorithms_are_verified_too(algorithm: str, private: Any, kid: str) -> None:
    token = jwt.encode(GOOD, private, algorithm, headers={"kid": kid, "typ": "at+jwt"})
    assert (await verifier().principal(token)).subject == "ann"


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "", 1, None, ["ES256"], "HS256", "ES384", "RS256", "PS256"]
)
async def test_algorithm_is_not_the_tokens_to_choose(algorithm: object) -> None:
    assert await refusal(signed(header={**HEADER, "alg": algorithm}))


async def test_unsigned_token_is_refused() -> None:
    header, claims, _ = signed(header={**HEADER, "alg": "none"}).split(".")
    for token in (f"{header}.{claims}.", f"{header}.{claims}", f"{header}.{claims}.AA"):
        assert await refusal(token)


@pytest.mark.parametrize("kid", ["rsa", KEY.kid], ids=["rsa", "own"])
@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER], ids=["pem", "der"])
async def test_public_key_is_no_shared_secret(kid: str, encoding: serialization.Encoding) -> None:
    secret = RSA.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    signing_input = f"{part({**HEADER, 'alg': 'HS256', 'kid': kid})}.{part(GOOD)}"
    mac = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
    assert await refusal(f"{signing_input}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


async def test_strangers_signature_does_not_hold() -> None:
    assert "signature" in await refusal(jwt.encode(GOOD, OTHER._private, "ES256", headers=HEADER))


async def test_changed_claims_do_not_hold() -> None:
    header, _, signature = signed().split(".")
    assert "signature" in await refusal(f"{header}.{part({**GOOD, 'roles': ['admin']})}.{signature}")


@pytest.mark.parametrize(
    "kid",
    ["unknown", "", "../../dev/null", "' UNION SELECT 1", "x" * 129, "x" * 5000, ["a"], 1, None, "https://e.example"],
)
async def test_key_id_only_looks_up(kid: object) -> None:
    assert await refusal(signed(header={**HEADER, "kid": kid}))


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
async def test_header_is_whole(name: str) -> None:
    assert await refusal(signed(header={key: value for key, value in HEADER.items() if key != name}))


async def test_keys_in_the_token_are_ignored() -> None:
    header = {**HEADER, "kid": OTHER.kid, "jwk": OTHER.public, "jku": "https://e.example", "x5u": "https://e.example"}
    assert "does not have" in await refusal(jwt.encode(GOOD, OTHER._private, "ES256", headers=header))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+JWT ", "id+jwt", "", 1])
async def test_other_types_are_no_access_tokens(typ: object) -> None:
    assert await refusal(signed(header={**HEADER, "typ": typ}))


@pytest.mark.parametrize("crit", [["exp"], [], ["b64"], None])
async def test_critical_extension_is_refused(crit: object) -> None:
    assert await refusal(signed(header={**HEADER, "crit": crit}))


async def test_extension_that_the_library_knows_is_refused_too() -> None:
    assert await refusal(signed(header={**HEADER, "crit": ["b64"], "b64": True}))


async def test_long_token_is_refused_unread() -> None:
    assert "at most 8192 bytes" in await refusal(signed({**GOOD, "extra": "x" * 8192}))


@pytest.mark.parametrize("kid", ["x" * 129, "a b", "\u00e9", ""])
async def test_malformed_key_id_is_not_looked_up(kid: str) -> None:
    clock, remote = VirtualClock(), RemoteIssuer(URL, KEY.public)
    with pytest.raises(InvalidToken, match="malformed"):
        await Verifier([Issuer(URL, JwksCache(URL, remote.fetch, clock), AUDIENCE)], clock).principal(
            signed(header={**HEADER, "kid": kid})
        )
    assert remote.reads == 0


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat", "tenant", "kind", "roles"])
async def test_missing_claim_is_refused(name: str) -> None:
    assert await refusal(signed({key: value for key, value in GOOD.items() if key != name}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iss", URL + "/"), ("iss", URL + ".evil"), ("iss", [URL]), ("iss", ""), ("iss", URL.upper()),
        ("aud", "other"), ("aud", []), ("aud", [AUDIENCE, "other"]), ("aud", 1), ("aud", ""), ("aud", AUDIENCE + "x"),
        ("sub", ""), ("sub", "x" * 256), ("sub", 1),
        ("exp", NOW - 30), ("exp", NOW - 3600), ("exp", str(NOW + 600)), ("exp", NOW + 600.5), ("exp", -1),
        ("exp", True), ("exp", None), ("exp", 253402300799), ("exp", NOW + 86401), ("exp", 10**400),
        ("iat", NOW + 31), ("iat", str(NOW)), ("nbf", NOW + 31), ("nbf", "soon"),
        ("tenant", ""), ("tenant", "Main"), ("tenant", "a.b"), ("tenant", "*"), ("tenant", ["main"]),
        ("tenant", "main\n"), ("tenant", "a" * 64),
        ("kind", "root"), ("kind", "agent"), ("agent", "prod"),
        ("roles", "admin"), ("roles", [""]), ("roles", ["r"] * 65), ("roles", [1]), ("roles", {"admin": True}),
    ],
)  # fmt: skip
async def test_wrong_claim_is_refused(name: str, value: object) -> None:
    assert await refusal(signed({**GOOD, name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [("exp", NOW - 29), ("iat", NOW + 30), ("nbf", NOW + 30), ("aud", [AUDIENCE]), ("extra", {"a": 1})],
)
async def test_what_is_just_right_is_accepted(name: str, value: object) -> None:
    assert (await verifier().principal(signed({**GOOD, name: value}))).subject == "ann"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD)[:-1] + ', "tenant": "other"}',
        json.dumps(GOOD)[:-1] + ', "exp": 1e400}',
        json.dumps(GOOD)[:-1] + ', "extra": NaN}',
        json.dumps(GOOD)[:-1] + ', "extra": ' + "[" * 100 + "]" * 100 + "}",
        json.dumps(GOOD)[:-1] + ', "extra": ' + "[" * 5000,
        "[]",
        "1",
        "",
        "null",
    ],
)
async def test_strange_json_is_refused(text: str) -> None:
    assert await refusal(signed(text))


async def test_duplicate_header_name_is_refused() -> None:
    assert await refusal(signed(header=json.dumps(HEADER)[:-1] + ', "alg": "ES256"}'))


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token + "=",
        lambda token: token + ".AA",
        lambda token: " " + token,
        lambda token: token + "\n",
        lambda token: token.replace("-", "+").replace("_", "/") + "+",
        lambda token: token + "\u00e9",
        lambda token: token + "A" * 8192,
        lambda token: token.replace(".", ".."),
        lambda _: "",
        lambda _: "..",
        lambda _: "a.b.c",
    ],
)
async def test_shape_is_strict(change: Any) -> None:
    assert await refusal(change(signed()))


async def test_refusal_repeats_nothing() -> None:
    assert "hunter2" not in await refusal(signed({**GOOD, "iss": "hunter2", "aud": "hunter2"}))


async def test_two_issuers_may_share_a_key_id() -> None:
    impostor = {**OTHER.public, "kid": KEY.kid}
    both = Verifier(
        [
            Issuer(URL, LocalKeys(lambda: PUBLIC), AUDIENCE),
            Issuer("https://second.example", LocalKeys(lambda: {KEY.kid: PyJWK(impostor)}), AUDIENCE),
        ],
        VirtualClock(),
    )
    assert (await both.principal(signed())).subject == "ann"
    with pytest.raises(InvalidToken):
        await both.principal(jwt.encode(GOOD, OTHER._private, "ES256", headers=HEADER))


async def test_outage_is_not_called_a_bad_token() -> None:
    clock = VirtualClock()
    remote = RemoteIssuer(URL, KEY.public)
    remote.is_up = False
    away = Verifier([Issuer(URL, JwksCache(URL, remote.fetch, clock), AUDIENCE)], clock)
    with pytest.raises(IssuerUnavailable):
        await away.principal(signed())


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER abc"])
def test_bearer_token_is_found(header: str) -> None:
    assert bearer(header) == "abc"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_other_authorization_is_refused(header: str) -> None:
    with pytest.raises(InvalidToken):
        bearer(header)
