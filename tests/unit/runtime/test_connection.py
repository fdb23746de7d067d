"""Who cannot be understood is told so; who dawdles is let go, and nobody else is."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from aiohttp import web
from msgspec import Struct

from libs.runtime import http
from libs.runtime.clock import SystemClock
from libs.runtime.connection import LEAST_BYTES
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings

PATIENCE = 0.2
POST = b"POST /length HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
LARGE = 32 * 1024 * 1024


class Client(Struct):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> tuple[int, bytes]:
        """Status and the rest; 0 where the connection ended without one."""
        async with asyncio.timeout(10):
            try:
                seen = await self.reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return 0, b""
        return int(seen.split()[1]), seen

    async def is_let_go(self) -> bool:
        async with asyncio.timeout(10):
            try:
                return not await self.reader.read(1)
            except ConnectionError:
                return True


async def length(request: web.Request) -> web.Response:
    return http.answer(len(await request.read()))


async def large(_: web.Request) -> web.Response:
    return web.Response(body=bytes(LARGE))


@asynccontextmanager
async def connected(patience: float = PATIENCE) -> AsyncIterator[Client]:
    process = Process("trial", ProcessSettings(), Health(), Metrics(), SystemClock(), Random(1), "trial-1")
    app = http.application(process)
    app.add_routes([web.post("/length", length), web.get("/large", large)])
    async with http.serve(app, "127.0.0.1:0", patience) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LEAST_BYTES)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GETT /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Large: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_malformed_request_gets_a_document(sent: bytes) -> None:
    async with connected() as client:
        client.writer.write(sent)
        status, head = await client.answer()
        document = json.loads(await client.reader.read())
    assert (status, document["status"], document["code"]) == (400, 400, "malformed_request")
    assert b"application/problem+json" in head
    assert "cannot be read" in document["detail"]
    assert len(document["detail"]) < 120


async def test_unknown_expectation_is_told() -> None:
    async with connected() as client:
        client.writer.write(POST + b"Content-Length: 2\r\nExpect: miracles\r\n\r\n")
        status, head = await client.answer()
    assert (status, b"application/problem+json" in head) == (417, True)


async def test_wrongly_encoded_body_is_told() -> None:
    async with connected() as client:
        client.writer.write(POST + b"Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnonsense")
        assert (await client.answer())[0] == 400


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\n", POST + b"Content-Length: 9\r\n\r\n{"])
async def test_half_a_request_is_let_go(sent: bytes) -> None:
    async with connected() as client:
        client.writer.write(sent)
        assert await client.is_let_go()


async def test_half_a_second_request_is_let_go() -> None:
    async with connected() as client:
        client.writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await client.answer())[0] == 200
        await client.reader.readuntil(b"}")
        client.writer.write(b"GET /hea")
        assert await client.is_let_go()


async def test_bytes_now_and_then_do_not_help() -> None:
    async with connected() as client:
        client.writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
        dripping = asyncio.create_task(drip(client.writer))
        assert await client.is_let_go()
        dripping.cancel()


async def drip(writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(PATIENCE / 10)


async def test_slow_but_steady_body_is_read() -> None:
    async with connected() as client:
        client.writer.write(POST + b"Content-Length: %d\r\n\r\n" % (8 * LEAST_BYTES))
        for _ in range(8):
            client.writer.write(b"x" * LEAST_BYTES)
            await asyncio.sleep(PATIENCE / 2)
        assert (await client.answer())[0] == 200


async def test_silence_between_requests_is_allowed() -> None:
    async with connected() as client:
        for _ in range(2):
            client.writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert (await client.answer())[0] == 200
            await client.reader.readuntil(b"}")
            await asyncio.sleep(2 * PATIENCE)


async def test_whoever_does_not_read_is_let_go() -> None:
    async with connected() as client:
        client.writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await client.answer())[0] == 200
        await asyncio.sleep(3 * PATIENCE)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.reader.readexactly(LARGE)


async def test_slow_reader_gets_all() -> None:
    async with connected(0.5) as client:
        client.writer.write(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await client.answer())[0] == 200
        left = LARGE
        while left:
            left -= len(await client.reader.readexactly(min(left, LARGE // 16)))
            await asyncio.sleep(0.05)
