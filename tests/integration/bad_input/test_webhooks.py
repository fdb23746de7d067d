"""Group J, what goes out: addresses that may not be called, names that lie, answers that are none."""

import asyncio
import gzip
import socket
from typing import Any

import pytest
from aiohttp import web

from libs.egress.addresses import LOOPBACK
from services.webhooks.calling.way import Missed, Refused
from tests.integration.webhooks.callee import callee
from tests.integration.webhooks.test_caller import calling

FORBIDDEN = (
    "127.0.0.1",
    "localhost",
    "0",
    "0.0.0.0",
    "127.1",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::]",
    "[::127.0.0.1]",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "100.64.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "[fe80::1]",
    "[64:ff9b::7f00:1]",
    "224.0.0.1",
    "255.255.255.255",
)
NAMES = {
    "localhost.": ["127.0.0.1"],
    "127.0.0.1.nip.test": ["127.0.0.1"],
    "kubernetes.default.svc": ["10.96.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "both.test": ["93.184.216.34", "127.0.0.1"],
    "crowd.test": ["93.184.216.34"] * 999 + ["10.0.0.1"],
    "six.test": ["::ffff:10.0.0.1"],
}


class Names:
    """The machine's own resolver, played: it answers each question for a name with the next of its answers."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self.asked: list[str] = []
        self._answers = answers
        self._real = socket.getaddrinfo

    def look_up(self, host: str, port: int, *more: Any, **named: Any) -> Any:
        if host not in self._answers:
            return self._real(host, port, *more, **named)
        self.asked.append(host)
        answers = self._answers[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [self._entry(one, port) for one in found]

    def _entry(self, address: str, port: int) -> Any:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        where = (address, port, 0, 0) if family is socket.AF_INET6 else (address, port)
        return family, socket.SOCK_STREAM, 6, "", where


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_inward_address_is_not_called(host: str) -> None:
    async with callee() as server, calling() as call:
        port = server.url.rpartition(":")[2]
        with pytest.raises(Refused, match=r"FAIRLEAD_WEBHOOKS_ALLOW_PRIVATE|cannot be sent as it is"):
            await call(f"http://{host}:{port}/")
        assert server.asked == []


@pytest.mark.parametrize("name", NAMES)
async def test_name_of_an_inward_address_is_not_called(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names({name: [NAMES[name]]}).look_up)
    async with calling() as call:
        with pytest.raises(Refused, match="FAIRLEAD_WEBHOOKS_ALLOW_PRIVATE"):
            await call(f"http://{name}/")


async def test_name_is_looked_up_once_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes its mind is judged and called by the same answer."""
    played = Names({"rebinding.test": [["127.0.0.1"], ["10.0.0.1"]]})
    monkeypatch.setattr(socket, "getaddrinfo", played.look_up)
    async with callee() as server, calling("127.0.0.1/32") as call:
        url = f"http://rebinding.test:{server.url.rpartition(':')[2]}/"
        assert await call(url) == 200
        assert played.asked == ["rebinding.test"]
        with pytest.raises(Refused, match=r"10\.0\.0\.1"):
            await call(url)
        assert len(server.asked) == 1


async def test_slow_name_ends_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def never(*_: Any, **__: Any) -> Any:
        await released.wait()

    monkeypatch.setattr(loop, "getaddrinfo", never)
    async with calling(seconds=0.2) as call:
        with pytest.raises(Missed, match="no answer within"):
            await call("http://slow.test/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_of_a_post_is_followed(status: int) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/two"})

    async with callee(elsewhere, 200) as server, calling(*LOOPBACK) as call:
        with pytest.raises(Refused, match=str(status)):
            await call(server.url)
        assert len(server.asked) == 1


async def test_refresh_means_nothing() -> None:
    async def refreshing(request: web.Request) -> web.Response:
        return web.Response(headers={"Refresh": "0; url=http://169.254.169.254/"})

    async with callee(refreshing) as server, calling(*LOOPBACK) as call:
        assert await call(server.url, "GET", None) == 200
        assert len(server.asked) == 1


BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "none": (b"", {}),
    "1 MiB and one": (b"x" * (1024 * 1024 + 1), {}),
    "gzip bomb": (gzip.compress(bytes(64 * 1024 * 1024)), {"Content-Encoding": "gzip"}),
    "bad gzip": (b"nonsense", {"Content-Encoding": "gzip"}),
    "HTML": (b"<script>alert(1)</script>", {"Content-Type": "text/html"}),
    "invalid JSON": (b"{", {"Content-Type": "application/json"}),
    "deep JSON": (b"[" * 100_000, {"Content-Type": "application/json"}),
    "NUL": (b"a\0b\x1b[31m", {"Content-Type": "text/plain"}),
    "UTF-16": ("text".encode("utf-16"), {"Content-Type": "text/plain; charset=utf-16"}),
    "no charset that is": (b"text", {"Content-Type": "text/plain; charset=nonsense"}),
}


def answering(status: int, name: str) -> Any:
    body, headers = BODIES[name]

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.Response(status=status, body=body)
        response.headers.update(headers)
        return response

    return answer


@pytest.mark.parametrize("name", BODIES)
async def test_any_body_leaves_the_status_to_count(name: str) -> None:
    async with callee(answering(200, name)) as server, calling(*LOOPBACK) as call:
        if name == "bad gzip":
            with pytest.raises(Missed):
                await call(server.url)
        else:
            assert await call(server.url) == 200


@pytest.mark.parametrize("name", BODIES)
async def test_any_body_is_shown_short_and_plain(name: str) -> None:
    async with callee(answering(403, name)) as server, calling(*LOOPBACK) as call:
        with pytest.raises((Refused, Missed)) as raised:
            await call(server.url)
    told = str(raised.value)
    assert len(told) < 1200
    assert not set("\0\x1b") & set(told)


async def test_dripping_answer_ends_the_attempt() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x")
            await asyncio.sleep(0.02)
        return response

    async with callee(drip) as server, calling(*LOOPBACK, seconds=0.3) as call:
        with pytest.raises(Missed, match=r"no answer within 0\.3"):
            await call(server.url)
