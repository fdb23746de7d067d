"""One attempt over real HTTP: what is sent, what each answer means, and what may be shown of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from libs.egress.addresses import LOOPBACK, networks
from libs.egress.client import client
from libs.runtime.certificates import ensure_certificates
from libs.runtime.clock import SystemClock
from libs.runtime.port import free_port
from libs.runtime.secret import Secret
from libs.secrets.folder import Used
from services.webhooks.calling.caller import Attempt, Caller
from services.webhooks.calling.direct import Direct
from services.webhooks.calling.rendering import Request
from services.webhooks.calling.way import BODY_MOST, Missed, Refused
from tests.integration.webhooks.callee import Callee, callee

TOKEN = "hush-hush-token"


@asynccontextmanager
async def calling(*networks_allowed: str, seconds: float = 5.0) -> AsyncIterator[Any]:
    """A function that makes one attempt and gives its status."""
    caller = Caller(SystemClock(), seconds, 4)
    used = Used({"token": Secret(TOKEN)})
    async with client(networks(networks_allowed)) as outside:

        async def call(url: str, method: str = "POST", body: bytes | None = b"", **headers: str) -> int:
            request = Request(method, URL(url), tuple(headers.items()), body)
            return await caller.call(Direct(outside), Attempt(request, "d-1", used.redacted))

        yield call


@pytest.mark.feature("F110")
@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_any_2xx_succeeds(status: int) -> None:
    async with callee(status) as server, calling(*LOOPBACK) as call:
        assert await call(f"{server.url}/run?a=1", "PUT", b"{}", Authorization=f"Bearer {TOKEN}") == status
        (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/run?a=1", "{}")
    assert asked.headers["authorization"] == f"Bearer {TOKEN}"
    assert (asked.headers["x-fairlead-delivery"], asked.headers["idempotency-key"]) == ("d-1", "d-1")
    assert "content-type" not in asked.headers


@pytest.mark.parametrize(("status", "kind"), [(500, Missed), (503, Missed), (429, Missed)])
async def test_passing_trouble_is_tried_again(status: int, kind: type[Missed]) -> None:
    async with callee(status) as server, calling(*LOOPBACK) as call:
        with pytest.raises(kind, match=f"Received non-2xx status code: {status}") as raised:
            await call(server.url)
    assert not raised.value.is_final


@pytest.mark.parametrize("status", [301, 400, 401, 404, 405])
async def test_refusal_is_final(status: int) -> None:
    async with callee(status) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Refused, match=f"Received non-2xx status code: {status}"):
            await call(server.url)
        assert len(server.asked) == 1


@pytest.mark.feature("F120")
async def test_body_is_shown_short_and_masked() -> None:
    async def echo(request: web.Request) -> web.Response:
        text = f"no such token: {request.headers['Authorization']}\n\x1b[31m{TOKEN}\n" + "x" * 5000
        return web.Response(status=403, text=text)

    async with callee(echo) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Refused) as raised:
            await call(server.url, Authorization=f"token {TOKEN}")
    told = str(raised.value)
    assert told.startswith("Received non-2xx status code: 403 (text/plain; charset=utf-8): no such token: token ***")
    assert (TOKEN in told, "\x1b" in told, len(told) < 1100) == (False, False, True)


async def test_huge_body_is_not_read() -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        while True:
            await response.write(b"x" * BODY_MOST)
            sent += BODY_MOST

    async with callee(flood) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Missed, match="Received non-2xx status code: 500"):
            await call(server.url)
    assert sent < 256 * BODY_MOST


async def test_silence_ends_the_attempt() -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with callee(never) as server, calling(*LOOPBACK, seconds=0.2) as call:
        with pytest.raises(Missed, match=r"no answer within 0\.2"):
            await call(server.url)


async def test_refused_connection_is_tried_again() -> None:
    async with calling(*LOOPBACK) as call:
        with pytest.raises(Missed, match="cannot connect: ") as raised:
            await call(f"http://127.0.0.1:{free_port()}")
    assert not raised.value.is_final


async def test_broken_connection_is_tried_again() -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with callee(cut) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Missed, match="broke off"):
            await call(server.url)


def to(path: str) -> Any:
    async def redirect(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": path})

    return redirect


async def test_get_follows_redirects() -> None:
    async with callee(to("/two"), to("/three"), to("/four"), 200) as server, calling(*LOOPBACK) as call:
        assert await call(f"{server.url}/one", "GET", None, Authorization="x") == 200
        assert [asked.path for asked in server.asked] == ["/one", "/two", "/three", "/four"]
        assert all(asked.headers["authorization"] == "x" for asked in server.asked)


async def test_redirects_end() -> None:
    async with callee(to("/again")) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Refused, match="more than 3 times"):
            await call(server.url, "GET", None)
        assert len(server.asked) == 4


async def test_post_follows_none() -> None:
    async with callee(to("/two"), 200) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Refused, match="302"):
            await call(server.url)


async def test_redirect_elsewhere_is_checked_and_bare() -> None:
    async with callee(200) as other, calling(*LOOPBACK) as call:
        async with callee(to(f"{other.url}/x")) as server:
            assert await call(server.url, "GET", None, Authorization="x") == 200
        assert "authorization" not in other.asked[0].headers
    async with callee(to("http://169.254.169.254/latest/")) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Refused, match="not a public address"):
            await call(server.url, "GET", None)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
async def test_own_machine_is_not_called(host: str) -> None:
    async with callee() as server, calling() as call:
        # Spellings of an address that no standard knows are refused before that.
        with pytest.raises(Refused, match=r"FAIRLEAD_WEBHOOKS_ALLOW_PRIVATE|cannot be sent as it is"):
            await call(f"http://{host}:{URL(server.url).port}/")
        assert server.asked == []


async def test_unknown_name_is_tried_again() -> None:
    async with calling() as call:
        with pytest.raises(Missed, match="cannot connect: "):
            await call("http://nowhere.invalid/")


async def test_unknown_certificate_is_refused(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path, SystemClock().now())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.certificate, made.key)
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    try:
        async with calling(*LOOPBACK) as call:
            with pytest.raises(Refused, match="its certificate cannot be trusted"):
                await call(f"https://127.0.0.1:{runner.addresses[0][1]}/")
    finally:
        await runner.cleanup()


async def test_so_many_at_once() -> None:
    release = asyncio.Event()

    async def held(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    async def asked(server: Callee, number: int) -> None:
        while len(server.asked) < number:
            server.arrived.clear()
            await server.arrived.wait()

    async with callee(held) as server, calling(*LOOPBACK) as call, asyncio.TaskGroup() as group:
        calls = [group.create_task(call(server.url)) for _ in range(6)]
        async with asyncio.timeout(30):
            await asked(server, 4)
            assert len(server.asked) == 4
            release.set()
            assert await asyncio.gather(*calls) == [200] * 6
