"""Client credentials over real HTTP: who gets a token, and how everybody else is refused."""

import base64
from typing import Any

import aiohttp
import pytest

from libs.auth.fetch import fetcher
from libs.auth.keys import JwksCache
from libs.auth.principal import Kind
from libs.auth.tokens import InvalidToken, Issuer, Verifier
from tests.integration.identity.world import World
from tests.unit.auth.virtual import VirtualClock

ADMIN = "machine.main.admin"


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


async def test_secret_in_the_form_gets_a_token(world: World) -> None:
    status, granted, headers = await world.token_for(ADMIN, world.credentials["admin"].secret.reveal())
    principal = await world.service.verifier.principal(granted["access_token"])
    assert (status, granted["token_type"], granted["expires_in"]) == (200, "Bearer", 3600)
    assert headers["Cache-Control"] == "no-store"
    assert (principal.subject, principal.kind, principal.roles) == (ADMIN, Kind.MACHINE, frozenset({"admin"}))


async def test_secret_in_the_header_gets_a_token(world: World) -> None:
    headers = basic(ADMIN, world.credentials["admin"].secret.reveal())
    status, _, _ = await world.ask("POST", "/oauth/token", data={"grant_type": "client_credentials"}, headers=headers)
    assert status == 200


async def test_agents_token_names_the_agent(world: World) -> None:
    token = (await world.bearer("prod"))["Authorization"].removeprefix("Bearer ")
    principal = await world.service.verifier.principal(token)
    assert (principal.agent, principal.kind, principal.tenant) == ("prod", Kind.AGENT, "main")


@pytest.mark.feature("F152")
async def test_token_expires(world: World) -> None:
    token = (await world.bearer())["Authorization"].removeprefix("Bearer ")
    world.clock.pass_by(3629)
    await world.service.verifier.principal(token)
    world.clock.pass_by(1)
    with pytest.raises(InvalidToken, match="expired"):
        await world.service.verifier.principal(token)


async def test_others_verify_by_discovery(world: World) -> None:
    token = (await world.bearer())["Authorization"].removeprefix("Bearer ")
    url = world.service.terms.issuer
    async with aiohttp.ClientSession() as session:
        keys = JwksCache(url, fetcher(session, is_plain_allowed=True), VirtualClock())
        principal = await Verifier([Issuer(url, keys, "fairlead")], world.clock).principal(token)
    assert principal.subject == ADMIN


async def test_production_fetches_no_keys_in_the_clear() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OSError, match="only https"):
            await fetcher(session, is_plain_allowed=False)("http://127.0.0.1:1/jwks")


async def test_fetching_follows_no_redirect_and_no_error(world: World) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OSError, match="answered 404"):
            await fetcher(session, is_plain_allowed=True)(f"{world.service.terms.issuer}/nowhere")


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        (ADMIN, "wrong"),
        (ADMIN, ""),
        ("", "x"),
        ("nobody", "x"),
        ("x" * 5000, "x"),
        (ADMIN, "x" * 5000),
        ("é\x00*.>", "x"),
    ],
)
async def test_wrong_credentials_are_refused_alike(client_id: str, secret: str, world: World) -> None:
    status, document, headers = await world.token_for(client_id, secret)
    assert (status, document["error"]) == (401, "invalid_client")
    assert headers["WWW-Authenticate"].startswith("Basic")


async def test_unknown_client_and_wrong_secret_look_the_same(world: World) -> None:
    _, unknown, _ = await world.token_for("machine.main.nobody", "wrong")
    _, wrong, _ = await world.token_for(ADMIN, "wrong")
    assert unknown == wrong


async def test_another_clients_secret_is_refused(world: World) -> None:
    status, _, _ = await world.token_for(ADMIN, world.credentials["prod"].secret.reveal())
    assert status == 401


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"data": {"grant_type": "password"}}, (400, "unsupported_grant_type")),
        ({"data": {"client_id": "a"}}, (400, "unsupported_grant_type")),
        ({"data": {"grant_type": "client_credentials"}}, (401, "invalid_client")),
        ({"json": {"grant_type": "client_credentials"}}, (400, "invalid_request")),
        ({"data": "grant_type=client_credentials&grant_type=client_credentials"}, (400, "invalid_request")),
        ({"data": "&".join(f"f{n}=1" for n in range(21))}, (400, "invalid_request")),
        ({"data": b"grant_type=%ff"}, (400, "invalid_request")),
        ({"data": b"grant_type=\xff"}, (400, "invalid_request")),
    ],
)
async def test_malformed_request_gets_an_oauth_error(
    content: dict[str, Any], expected: tuple[int, str], world: World
) -> None:
    headers = {} if "json" in content else {"Content-Type": "application/x-www-form-urlencoded"}
    status, document, _ = await world.ask("POST", "/oauth/token", **content, headers=headers)
    assert (status, document["error"]) == expected


@pytest.mark.parametrize("header", ["Basic", "Basic !!", "Basic YWJj", "Bearer abc", "Basic /////w=="])
async def test_malformed_header_is_refused(header: str, world: World) -> None:
    form = {"grant_type": "client_credentials"}
    status, document, _ = await world.ask("POST", "/oauth/token", data=form, headers={"Authorization": header})
    assert (status, document["error"]) == (401, "invalid_client")


async def test_two_ways_to_authenticate_are_one_too_many(world: World) -> None:
    secret = world.credentials["admin"].secret.reveal()
    form = {"grant_type": "client_credentials", "client_id": ADMIN, "client_secret": secret}
    status, document, _ = await world.ask("POST", "/oauth/token", data=form, headers=basic(ADMIN, secret))
    assert (status, document["error"]) == (400, "invalid_request")


async def test_large_form_is_refused(world: World) -> None:
    status, document, _ = await world.token_for(ADMIN, "x" * 20_000)
    assert (status, document["code"]) == (413, "too_large")


async def test_repeated_failures_are_slowed_down(world: World) -> None:
    statuses = [(await world.token_for(ADMIN, f"guess {number}"))[0] for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    world.clock.pass_by(10)
    assert (await world.token_for(ADMIN, world.credentials["admin"].secret.reveal()))[0] == 200


async def test_guessing_locks_nobody_out_who_was_let_in(world: World) -> None:
    secret = world.credentials["admin"].secret.reveal()
    await world.token_for(ADMIN, secret)
    for number in range(6):
        await world.token_for(ADMIN, f"guess {number}")
    assert (await world.token_for(ADMIN, secret))[0] == 200
