"""How the agent gets its token and keeps it fresh."""

import base64
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from agent.token import Credentials, Issuer, NoToken, Tokens
from libs.runtime.http import serve
from libs.runtime.secret import Secret
from tests.unit.agent.clock import HandClock


class Answering:
    """Answers what a test wants and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.status = 200
        self.body = '{"access_token": "t1", "expires_in": 100}'

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append((request.headers["Authorization"], form))
        return web.Response(status=self.status, text=self.body)


@pytest.fixture
def issuer() -> Answering:
    return Answering()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def tokens(issuer: Answering, clock: HandClock) -> AsyncIterator[Tokens]:
    app = web.Application()
    app.add_routes([web.post("/token", issuer.token)])
    async with serve(app, "127.0.0.1:0") as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/token"
        credentials = Credentials(url, "agent.acme.a", Secret("s:e/c"), "fairlead")
        yield Tokens(Issuer(session, credentials).issue, clock)


async def test_credentials_are_presented(tokens: Tokens, issuer: Answering) -> None:
    await tokens.current()
    basic = base64.b64encode(b"agent.acme.a:s%3Ae%2Fc").decode()
    assert issuer.asked == [(f"Basic {basic}", {"grant_type": "client_credentials", "audience": "fairlead"})]


async def test_token_is_kept_for_most_of_its_life(tokens: Tokens, issuer: Answering, clock: HandClock) -> None:
    await tokens.current()
    clock.seconds += 69
    await tokens.current()
    assert len(issuer.asked) == 1
    clock.seconds += 2
    await tokens.current()
    assert len(issuer.asked) == 2


async def test_forgotten_token_is_fetched_again(tokens: Tokens, issuer: Answering) -> None:
    await tokens.current()
    tokens.forget()
    await tokens.current()
    assert len(issuer.asked) == 2


@pytest.mark.parametrize(("status", "body"), [(401, "invalid_client"), (200, "no json"), (200, "{}"), (302, "")])
async def test_refusal_is_said(tokens: Tokens, issuer: Answering, status: int, body: str) -> None:
    issuer.status, issuer.body = status, body
    with pytest.raises(NoToken, match="/token"):
        await tokens.current()


async def test_absent_issuer_is_said(clock: HandClock) -> None:
    async with aiohttp.ClientSession() as session:
        credentials = Credentials("http://127.0.0.1:9/token", "a", Secret("s"))
        tokens = Tokens(Issuer(session, credentials).issue, clock)
        with pytest.raises(NoToken, match="127"):
            await tokens.current()
