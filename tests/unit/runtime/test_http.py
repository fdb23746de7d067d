"""The HTTP server of every process: each error is a problem document, each request is counted and traced."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from msgspec import Struct

from libs.runtime import http
from libs.runtime.clock import SystemClock
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.problem import Problem
from libs.runtime.process import CannotStart, Process
from libs.runtime.settings import ProcessSettings


class Spoken(Exception):
    """Something nobody foresaw."""


class Number(Struct):
    a: int


async def fail(_: web.Request) -> web.Response:
    raise Spoken("the password is hunter2")


async def refuse(_: web.Request) -> web.Response:
    raise Problem(422, "no such strategy", "invalid-file", {"line": 3, "column": 9})


async def double(request: web.Request) -> web.Response:
    return http.answer(2 * (await http.body(request, Number)).a)


async def break_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"some")
    raise Spoken("half way")


@pytest.fixture
def process() -> Process:
    return Process("trial", ProcessSettings(), Health(), Metrics(), SystemClock(), Random(1), "trial-1")


@pytest.fixture
async def client(process: Process) -> AsyncIterator[aiohttp.ClientSession]:
    app = http.application(process, max_bytes=1000)
    app.add_routes([web.get("/fail", fail), web.get("/refuse", refuse), web.post("/double", double)])
    app.add_routes([web.get("/broken", break_off)])
    with structlog.testing.capture_logs():
        async with (
            http.serve(app, "127.0.0.1:0") as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            yield session


async def problem_of(response: aiohttp.ClientResponse) -> tuple[int, str]:
    document: dict[str, Any] = await response.json(content_type="application/problem+json")
    assert document["status"] == response.status
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    return response.status, document["code"]


@pytest.mark.parametrize(
    ("method", "path", "content", "expected"),
    [
        ("GET", "/nowhere", {}, (404, "not_found")),
        ("POST", "/healthz", {}, (405, "method_not_allowed")),
        ("GET", "/fail", {}, (500, "internal")),
        ("GET", "/refuse", {}, (422, "invalid-file")),
        ("POST", "/double", {"data": b"x" * 1001}, (413, "too_large")),
        ("POST", "/double", {"data": b"{}"}, (415, "unsupported_media_type")),
        ("POST", "/double", {"json": {"a": "b"}}, (422, "invalid_body")),
        (
            "POST",
            "/double",
            {"data": b"{", "headers": {"Content-Type": "application/json"}},
            (400, "malformed_request"),
        ),
        ("GET", "/readyz", {}, (503, "not_ready")),
    ],
)
async def test_every_error_is_a_problem_document(
    method: str, path: str, content: dict[str, Any], expected: tuple[int, str], client: aiohttp.ClientSession
) -> None:
    async with client.request(method, path, **content) as response:
        assert await problem_of(response) == expected


async def test_undeclared_length_is_capped_too(client: aiohttp.ClientSession) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    async with client.post("/double", data=endless(), headers={"Content-Type": "application/json"}) as response:
        assert await problem_of(response) == (413, "too_large")


async def test_deep_nesting_is_refused(client: aiohttp.ClientSession) -> None:
    async with client.post("/double", data=b"[" * 900, headers={"Content-Type": "application/json"}) as response:
        assert response.status in (400, 422)


async def test_client_sees_no_traceback(client: aiohttp.ClientSession) -> None:
    async with client.get("/fail") as response:
        text = await response.text()
    assert "hunter2" not in text
    assert "Spoken" not in text


async def test_problem_carries_its_own_fields(client: aiohttp.ClientSession) -> None:
    async with client.get("/refuse") as response:
        document = await response.json(content_type=None)
    assert (document["line"], document["column"], document["detail"]) == (3, 9, "no such strategy")


async def test_long_path_is_not_repeated_whole(client: aiohttp.ClientSession) -> None:
    async with client.get("/" + "a" * 500 + "%0a") as response:
        assert len((await response.json(content_type=None))["detail"]) < 100


async def test_broken_answer_breaks_the_connection(client: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.ClientError):
        async with client.get("/broken") as response:
            await response.read()


async def test_broken_answer_is_not_mixed_with_another(client: aiohttp.ClientSession) -> None:
    url = client._base_url
    assert url is not None
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n")
    seen = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(4096):
            seen += piece
    writer.close()
    assert b"problem" not in seen


async def test_readiness_tells_what_hinders(process: Process, client: aiohttp.ClientSession) -> None:
    process.health.ready("nats", True)
    process.health.ready("keys", False, "not read yet")
    async with client.get("/readyz") as response:
        assert (await response.json(content_type=None))["reasons"] == {"keys": "not read yet"}
    process.health.ready("keys", True)
    async with client.get("/readyz") as response:
        assert response.status == 200


async def test_dead_process_says_so(process: Process, client: aiohttp.ClientSession) -> None:
    async with client.get("/healthz") as response:
        assert response.status == 200
    process.health.alive = False
    async with client.get("/healthz") as response:
        assert await problem_of(response) == (503, "not_alive")


@pytest.mark.feature("F22")
async def test_requests_are_counted_by_route(client: aiohttp.ClientSession) -> None:
    for path in ("/refuse", "/nowhere/1", "/nowhere/2"):
        await client.get(path)
    await client.request("PURGE", "/nowhere/3")
    async with client.get("/metrics") as response:
        text = await response.text()
    assert 'fairlead_http_request_seconds_count{method="GET",route="/refuse",status="422"} 1.0' in text
    assert 'fairlead_http_request_seconds_count{method="GET",route="unmatched",status="404"} 2.0' in text
    assert 'fairlead_http_request_seconds_count{method="other",route="unmatched",status="404"} 1.0' in text


async def test_malformed_bytes_do_not_fill_the_log(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    async with http.serve(http.application(process), "127.0.0.1:0") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"BREW \x00 HTTP/9\r\n\r\n")
        assert b"400 Bad Request" in await reader.read()
        writer.close()
    assert not caplog.records


async def test_trace_goes_on(client: aiohttp.ClientSession) -> None:
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    async with client.get("/healthz", headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01"}) as response:
        version, same, span, flags = response.headers["traceparent"].split("-")
    assert (version, same, flags) == ("00", trace_id, "01")
    assert span != "b7ad6b7169203331"


async def test_taken_port_names_the_setting(process: Process) -> None:
    async with http.serve(http.application(process), "127.0.0.1:0") as port:
        with pytest.raises(CannotStart, match="FAIRLEAD_HTTP_ADDRESS"):
            async with http.serve(http.application(process), f"127.0.0.1:{port}"):
                pass


@pytest.mark.parametrize("address", ["127.0.0.1", ":80", "host:port", "host:65536", "host:-1"])
def test_malformed_address_is_refused(address: str) -> None:
    with pytest.raises(CannotStart):
        http.split(address)


def test_bracketed_host_is_taken_apart() -> None:
    assert http.split("[::1]:80") == ("::1", 80)
