"""What goes over the wire, against a server that answers by heart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from cli.exits import Exit, Stop
from cli.options import Options
from cli.output import Output
from cli.server import asking
from cli.server.asking import Lines, Request, Unreached
from cli.server.client import connected
from libs.api.view import AgentList

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSED = b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!"
ELSEWHERE = b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://there.example\r\nContent-Length: 0\r\n\r\n"


class Server:
    def __init__(self, answer: bytes = OK) -> None:
        self._answer = answer
        self.heads: list[str] = []
        self.connections = 0
        self.heard = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                self.heard.set()
                writer.write(self._answer)
                if b"close" in self._answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left.set()
            writer.close()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[str]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(10):
            await server.left.wait()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_next_request_keeps_the_connection() -> None:
    server = Server()
    async with serving(server) as url:
        with closing(Lines(f"{url}/fairlead")) as lines:
            answers = [await lines.ask(Request("GET", path, {"X-Name": "Zoë"})) for path in ("/a?b=1", "/ä b")]
    assert [answer.body for answer in answers] == [b"ok", b"ok"]
    assert [head.splitlines()[0] for head in server.heads] == [
        "GET /fairlead/a?b=1 HTTP/1.1",
        "GET /fairlead/%C3%A4%20b HTTP/1.1",
    ]
    assert (server.connections, "X-Name: Zoë" in server.heads[0]) == (1, True)


async def test_closed_connection_is_not_used_again() -> None:
    server = Server(REFUSED)
    async with serving(server) as url:
        with closing(Lines(url)) as lines:
            assert [(await lines.ask(Request("GET", "/"))).status for _ in range(2)] == [413, 413]
    assert server.connections == 2


async def test_refusal_before_the_whole_body_is_heard() -> None:
    async with serving(Server(REFUSED)) as url:
        answer = await Lines(url).ask(Request("POST", "/", body=bytes(32 * 1024 * 1024)))
    assert (answer.status, answer.body) == (413, b"no!")


async def test_who_stops_waiting_hangs_up() -> None:
    server = Server(b"")
    async with serving(server) as url, asyncio.timeout(10):
        task = asyncio.ensure_future(Lines(url).ask(Request("GET", "/")))
        await server.heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.left.wait()


async def test_silence_ends_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "REQUEST_SECONDS", 0.05)
    async with serving(Server(b"")) as url:
        with pytest.raises(Unreached, match="no answer in time"):
            await Lines(url).ask(Request("GET", "/"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", f"http://{'x' * 70}.example", "http://no-such-host.invalid"])
async def test_nobody_there_is_unreached(url: str) -> None:
    with pytest.raises(Unreached):
        await Lines(url).ask(Request("GET", "/"))


async def test_proxy_is_told_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server()
    async with serving(proxy) as url:
        monkeypatch.setenv("http_proxy", url.replace("//", "//me:p%40ss@"))
        with closing(Lines("http://fairlead.example:8080/x")) as lines:
            await lines.ask(Request("GET", "/a"))
    assert proxy.heads[0].startswith("GET http://fairlead.example:8080/x/a HTTP/1.1\r\nHost: fairlead.example:8080\r\n")
    assert "Proxy-Authorization: Basic bWU6cEBzcw==\r\n" in proxy.heads[0]


async def test_secret_needs_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Server(REFUSED)
    async with serving(proxy) as url:
        monkeypatch.setenv("https_proxy", url)
        with pytest.raises(Unreached, match="413"):
            await Lines("https://fairlead.example").ask(Request("GET", "/", {"Authorization": "Bearer x"}))
    assert proxy.heads[0].startswith("CONNECT fairlead.example:443 ")
    assert "Bearer" not in proxy.heads[0]


async def test_server_may_be_spared_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    async with serving(server) as url:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with closing(Lines(url)) as lines:
            assert (await lines.ask(Request("GET", "/"))).status == 200


def test_other_proxies_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(Stop, match="socks5"):
        Lines("http://fairlead.example")


async def test_redirection_is_told() -> None:
    async with serving(Server(ELSEWHERE)) as url:
        options = Options(server=url, token="x")
        async with connected(options, Output(options)) as client:
            with pytest.raises(Stop) as stopped:
                await client.get("/agents", AgentList)
    assert (stopped.value.code, "https://there.example" in stopped.value.message) == (Exit.WRONG, True)
