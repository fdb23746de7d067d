"""One request to the server and its answer, with the standard library alone: no command waits for a larger client.

    lines = Lines("https://fairlead.example")
    answer = await lines.ask(Request("GET", "/api/v1/agents", {"Authorization": "Bearer …"}))

A thread of its own carries each request. Whoever stops waiting for it cuts the connection, which ends the thread.
"""

import asyncio
import base64
import selectors
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, quote, unquote, urlsplit

from msgspec import Struct

from cli.exits import Exit, Stop

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 60.0
_AS_IS = "/?&=%:;,@+$!*'()~"
_NONE: Mapping[str, str] = {}


class Request(Struct, frozen=True):
    method: str
    path: str
    """With its query, after the server's address."""
    headers: Mapping[str, str] = _NONE
    body: bytes | None = None


class Answer(Struct, frozen=True):
    status: int
    body: bytes
    headers: Mapping[str, str] = _NONE
    """By their names in lower case."""


class Unreached(Exception):
    """The request did not get to the server, or its answer did not get back."""


class Lines:
    """Connections to one server, kept while they are open for whoever asks next."""

    def __init__(self, server: str) -> None:
        self._server = urlsplit(server)
        self._proxy = _proxy(self._server)
        self._free: list[HTTPConnection] = []

    async def ask(self, request: Request) -> Answer:
        """Raises `Unreached`."""
        line = self._line()
        answered: Future[Answer] = Future()
        answered.set_running_or_notify_cancel()
        thread = threading.Thread(target=_carry, args=(line, self._addressed(request), answered), daemon=True)
        thread.start()
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                answer = await asyncio.wrap_future(answered)
        except (OSError, HTTPException, UnicodeError) as error:
            _cut(line)
            raise Unreached(_words(error)) from error
        except BaseException:
            _cut(line)
            raise
        self._free.append(line)
        return answer

    def close(self) -> None:
        for line in self._free:
            line.close()

    def _line(self) -> HTTPConnection:
        while self._free:
            line = self._free.pop()
            if _is_open(line):
                return line
            line.close()
        return _line(self._server, self._proxy)

    def _addressed(self, request: Request) -> Request:
        """What stands in the request's first line: a proxy that reads along is told the whole address."""
        path = self._server.path.rstrip("/") + quote(request.path, safe=_AS_IS)
        if self._proxy is None or self._server.scheme == "https":
            return Request(request.method, path, request.headers, request.body)
        headers = {**request.headers, **_proxy_headers(self._proxy)}
        return Request(request.method, f"http://{_host(self._server)}{path}", headers, request.body)


def _carry(line: HTTPConnection, request: Request, answered: "Future[Answer]") -> None:
    try:
        answered.set_result(_asked(line, request))
    except Exception as error:  # noqa: BLE001 - raised where the answer is waited for
        line.close()
        answered.set_exception(error)


def _asked(line: HTTPConnection, request: Request) -> Answer:
    if line.sock is None:
        line.connect()
    line.sock.settimeout(REQUEST_SECONDS)
    # A server that has heard enough of a body answers and hangs up; what it said is still there to be read.
    with suppress(BrokenPipeError, ConnectionResetError):
        headers = {name: value.encode() for name, value in request.headers.items()}
        line.request(request.method, request.path, request.body, headers)
    response = line.getresponse()
    return Answer(response.status, response.read(), {name.lower(): value for name, value in response.getheaders()})


def _line(server: SplitResult, proxy: SplitResult | None) -> HTTPConnection:
    near = proxy or server
    kind = HTTPSConnection if server.scheme == "https" else HTTPConnection
    assert near.hostname is not None, "addresses without a host were refused"
    line = kind(near.hostname, near.port or (443 if near.scheme == "https" else 80), timeout=CONNECT_SECONDS)
    if proxy is not None and server.scheme == "https":
        line.set_tunnel(server.hostname or "", server.port or 443, _proxy_headers(proxy))
    return line


def _proxy(server: SplitResult) -> SplitResult | None:
    """The one that the environment names for this server. Only plain HTTP is spoken with a proxy."""
    from urllib.request import getproxies, proxy_bypass

    named = getproxies().get(server.scheme, "")
    if not named or proxy_bypass(_host(server)):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise Stop(Exit.WRONG, f"the environment names the proxy {named}", "name one that begins with http://")
    return proxy


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _host(server: SplitResult) -> str:
    """Host and port as they were written."""
    return server.netloc.rpartition("@")[2]


def _is_open(line: HTTPConnection) -> bool:
    """Between two requests a server has nothing to say but that it hangs up."""
    if line.sock is None:
        return False
    with selectors.DefaultSelector() as selector:
        selector.register(line.sock, selectors.EVENT_READ)
        return not selector.select(0)


def _cut(line: HTTPConnection) -> None:
    if line.sock is not None:
        with suppress(OSError):
            line.sock.shutdown(socket.SHUT_RDWR)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
