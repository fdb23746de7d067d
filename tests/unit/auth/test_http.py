"""Routes say who may use them; one that says nothing is used by nobody."""

from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random

import aiohttp
import pytest
import structlog
from aiohttp import web
from jwt import PyJWK

from libs.auth.http import caller, guard, is_open, needs, require_declared
from libs.auth.keys import LocalKeys
from libs.auth.permissions import GRANTED, Action, Grants
from libs.auth.principal import Kind
from libs.auth.signing import SigningKey, issue
from libs.auth.tokens import Claims, Issuer, Verifier
from libs.durable.ports import Unavailable
from libs.runtime import http
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from tests.unit.auth.virtual import START, VirtualClock

KEY = SigningKey.generate()
KEYS = {KEY.kid: PyJWK(KEY.public)}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Things:
    async def show(self, _: web.Request) -> web.Response:
        return http.answer("shown")

    async def change(self, request: web.Request) -> web.Response:
        return http.answer(caller(request).subject)


async def grants(tenant: str) -> Grants:
    if tenant == "silent":
        raise Unavailable("the store is away")
    return {"release captain": GRANTED["tenant"]}


def an_application() -> web.Application:
    clock = VirtualClock()
    process = Process("trial", ProcessSettings(), Health(), Metrics(), clock, Random(1), "trial-1")
    app = http.application(process)
    app.middlewares.append(guard(Verifier([Issuer("https://i", LocalKeys(lambda: KEYS), "fairlead")], clock), grants))
    things = Things()
    app.add_routes(
        [web.get("/open", is_open(things.show)), web.post("/closed", needs(Action.CONFIG_WRITE, things.change))]
    )
    return app


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    app = an_application()
    app.add_routes([web.get("/silent", Things().show)])
    with structlog.testing.capture_logs():
        async with http.serve(app, "127.0.0.1:0") as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield session


def token(*roles: str, tenant: str = "main") -> dict[str, str]:
    now = int(START.timestamp())
    claims = Claims(
        iss="https://i",
        sub="ann",
        aud="fairlead",
        exp=now + 60,
        iat=now,
        tenant=tenant,
        kind=Kind.USER,
        roles=list(roles),
    )
    return {"Authorization": f"Bearer {issue(KEY, claims)}"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": "Bearer a.b.c"}, 401),
        (token("deployer"), 403),
        (token(), 403),
        (token("admin"), 200),
        (token("Release Captain"), 200),
    ],
)
async def test_declared_action_is_asked_for(
    headers: dict[str, str], expected: int, client: aiohttp.ClientSession
) -> None:
    async with client.post("/closed", headers=headers) as response:
        assert response.status == expected


async def test_token_in_the_address_does_not_count(client: aiohttp.ClientSession) -> None:
    query = {"access_token": token("admin")["Authorization"].removeprefix("Bearer ")}
    async with client.post("/closed", params=query) as response:
        assert response.status == 401


async def test_two_authorizations_are_one_too_many(client: aiohttp.ClientSession) -> None:
    given = token("admin")["Authorization"]
    async with client.post("/closed", headers=[("Authorization", given), ("Authorization", given)]) as response:
        assert response.status == 400


@pytest.mark.parametrize("path", ["/open", "/healthz", "/metrics"])
async def test_open_routes_need_no_token(path: str, client: aiohttp.ClientSession) -> None:
    async with client.get(path) as response:
        assert response.status == 200


async def test_undeclared_route_is_used_by_nobody(client: aiohttp.ClientSession) -> None:
    async with client.get("/silent", headers=token("admin")) as response:
        assert response.status == 500


async def test_nothing_there_stays_nothing_there(client: aiohttp.ClientSession) -> None:
    async with client.get("/nowhere") as response:
        assert response.status == 404


def test_undeclared_route_stops_the_start() -> None:
    app = an_application()
    require_declared(app)
    app.add_routes([web.get("/silent", Things().show)])
    with pytest.raises(AssertionError, match="/silent"):
        require_declared(app)


@pytest.mark.parametrize(("role", "status"), [("Release Captain", 503), ("admin", 200)])
async def test_unread_roles_stop_only_who_needs_them(role: str, status: int, client: aiohttp.ClientSession) -> None:
    async with client.post("/closed", headers=token(role, tenant="silent")) as response:
        assert response.status == status
