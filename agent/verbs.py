"""The four verbs, as frames: a request to the cluster, a watch of it, a call to an address nearby, a ping."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec
from msgspec import Struct

from agent.allow import AllowList, NotAllowed
from libs.link.port import NoAnswer, Refused
from libs.messages.agent import FRAME_BYTES, Ask, Frame

HEARTBEAT_SECONDS = 10.0
NAMED_BY = "/api/v1/namespaces/kube-system"
"""Its uid is the cluster's name: made with the cluster, and never again."""
_CONNECT_SECONDS = 10.0
_PASSED_TO_CLUSTER = frozenset({"accept", "content-type"})
"""Above all not `authorization` and `impersonate-…`: whose rights are used is decided here."""
_KEPT_FROM_CALL = frozenset({"connection", "content-length", "host", "proxy-authorization", "te", "transfer-encoding"})
_ANSWERED = frozenset({"content-type", "etag", "location", "retry-after", "warning", "www-authenticate"})
_HEADER_MOST = 2048

Frames = AsyncGenerator[Frame, None]
Verb = Callable[[Ask], Frames]


class Content(Protocol):
    """A body as it comes."""

    async def read(self, size: int, /) -> bytes: ...

    def at_eof(self) -> bool: ...


class Response(Protocol):
    """The head of an answer has come; its body is read from it."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def content(self) -> Content: ...


class Way(Protocol):
    """A way to who is asked over HTTP: the cluster's API, or whatever else is near. Raises `NoAnswer`."""

    def open(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None, /
    ) -> AbstractAsyncContextManager[Response]: ...


class _Metadata(Struct, frozen=True):
    uid: str = ""


class _Named(Struct, frozen=True):
    metadata: _Metadata = _Metadata()


class Verbs:
    """What may be asked. Each raises one of the five kinds of `NoAnswer`."""

    def __init__(self, cluster: Way, nearby: Way, allowed: AllowList) -> None:
        self._cluster = cluster
        self._nearby = nearby
        self._allowed = allowed
        self.table: Mapping[str, Verb] = {
            "request": self.request,
            "watch": self.watch,
            "call": self.call,
            "ping": self.ping,
        }

    async def cluster_name(self) -> str:
        """What stays the same for a cluster's whole life; empty where this agent may not read it."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS), self._cluster.open("GET", NAMED_BY, {}) as response:
                body = await _filled(response.content)
                found = msgspec.json.decode(body, type=_Named) if response.status == 200 else _Named()
        except (NoAnswer, TimeoutError, msgspec.MsgspecError):
            return ""
        return found.metadata.uid[:128]

    async def ping(self, _: Ask) -> Frames:
        yield Frame(0, status=200, last=True)

    async def request(self, ask: Ask) -> Frames:
        _check(lambda: self._allowed.check_request(ask.method, ask.path))
        async with self._cluster.open(ask.method, ask.path, _cluster_headers(ask), ask.body or None) as response:
            async for frame in _pieces(response):
                yield frame

    async def call(self, ask: Ask) -> Frames:
        _check(lambda: self._allowed.check_call(ask.path))
        headers = {name: value for name, value in ask.headers.items() if name.lower() not in _KEPT_FROM_CALL}
        async with self._nearby.open(ask.method, ask.path, headers, ask.body or None) as response:
            async for frame in _pieces(response):
                yield frame

    async def watch(self, ask: Ask) -> Frames:
        _check(lambda: self._allowed.check_request("GET", ask.path, is_watch=True))
        async with self._cluster.open("GET", ask.path, _cluster_headers(ask)) as response:
            yield Frame(0, status=response.status, headers=_answered(response))
            seq = 1
            async for chunk in _chunks(response.content):
                yield Frame(seq, body=chunk, heartbeat=not chunk)
                seq += 1
            yield Frame(seq, last=True)


def _check(check: Callable[[], None]) -> None:
    try:
        check()
    except NotAllowed as error:
        raise Refused(str(error)) from error


def _cluster_headers(ask: Ask) -> dict[str, str]:
    return {name: value for name, value in ask.headers.items() if name.lower() in _PASSED_TO_CLUSTER}


def _answered(response: Response) -> dict[str, str]:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {name: value for name, value in headers.items() if name in _ANSWERED and len(value) <= _HEADER_MOST}


async def _pieces(response: Response) -> Frames:
    """The body in pieces of the size that one frame may carry."""
    body = await _filled(response.content)
    yield Frame(0, response.status, _answered(response), body, last=response.content.at_eof())
    seq = 1
    while not response.content.at_eof():
        body = await _filled(response.content)
        yield Frame(seq, body=body, last=response.content.at_eof())
        seq += 1


async def _filled(content: Content) -> bytes:
    pieces: list[bytes] = []
    room = FRAME_BYTES
    while room and not content.at_eof():
        piece = await content.read(room)
        pieces.append(piece)
        room -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _chunks(content: Content) -> AsyncGenerator[bytes, None]:
    """The body as it comes; an empty chunk where nothing came for a while."""
    while not content.at_eof():
        chunk = b""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                chunk = await content.read(FRAME_BYTES)
        except TimeoutError:
            yield b""
        if chunk:
            yield chunk
