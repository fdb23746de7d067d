"""A gateway that says what it may not: the agent ends the stream or says why not, and is there for the next one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from agent.__main__ import serve as serve_agent
from libs.link.codec import ASK_BYTES, PATH_BYTES, TIMEOUT_MOST_MS
from libs.link.pulse import Rhythm
from libs.messages.agent import Ask
from libs.runtime.process import Process
from proto.agent.v1.agent_pb2 import Credit, GatewayFrame, GoAway, Request, Unsupported, Welcome
from services.gateway import translate
from services.gateway.certificate import tls
from tests.integration.link.pieces import malformed
from tests.integration.link.plane import Plane, a_process, running
from tests.waiting import eventually

WELCOME = translate.welcome(1, "evil", Rhythm())
Context = Any


class Evil:
    """A gateway whose streams a test holds in hand, one after the other."""

    def __init__(self) -> None:
        self._streams: asyncio.Queue[Stream] = asyncio.Queue(maxsize=16)

    async def session(self, _: Any, context: Context) -> None:
        stream = Stream(context)
        await self._streams.put(stream)
        await stream.done.wait()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator["Stream"]:
        async with asyncio.timeout(30):
            stream = await self._streams.get()
        try:
            yield stream
        finally:
            stream.done.set()


class Stream:
    def __init__(self, context: Context) -> None:
        self._context = context
        self.done = asyncio.Event()

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            await self._context.write(piece)

    async def hear(self) -> translate.Said | None:
        """None where the agent has ended the stream."""
        with suppress(asyncio.CancelledError, grpc.aio.AbortError, Exception):
            async with asyncio.timeout(10):
                piece = await self._context.read()
                return translate.read(piece) if isinstance(piece, bytes) else None
        return None

    async def begin(self) -> None:
        assert isinstance(await self.hear(), translate.Hello)
        await self.say(WELCOME)

    async def answer(self) -> translate.Answered:
        while not isinstance(said := await self.hear(), translate.Answered):
            assert said is not None, "the agent has ended the stream"
        return said

    async def ended(self) -> None:
        while await self.hear() is not None:
            pass


class Scene:
    def __init__(self, evil: Evil, agent: Process) -> None:
        self.evil = evil
        self._agent = agent

    async def has_ended(self, why: str, times: int) -> None:
        async def counted() -> bool:
            counter = "fairlead_agent_streams_ended_total"
            return self._agent.metrics.registry.get_sample_value(counter, {"why": why}) == times

        await eventually(counted)

    async def serves(self) -> None:
        """The agent has dialled again, and answers."""
        async with self.evil.stream() as stream:
            await stream.begin()
            await stream.say(translate.asked(1, Ask("request", 5000, path="/version")))
            assert (await stream.answer()).frame.status == 200


@pytest.fixture
async def scene(the_plane: Plane, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr("agent.dial.BASE_SECONDS", 0.01)
    monkeypatch.setattr("agent.dial.CAP_SECONDS", 0.02)
    evil = Evil()
    server = grpc.aio.server()
    handler: Any = grpc.stream_stream_rpc_method_handler(evil.session)
    service, _, method = translate.METHOD[1:].partition("/")
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    certificates = the_plane.certificates
    server.add_secure_port(the_plane.address, tls(certificates.certificate, certificates.key))
    await server.start()
    agent = a_process("agent")
    try:
        async with running(serve_agent(the_plane.agent(kubeconfig), agent)):
            yield Scene(evil, agent)
    finally:
        await server.stop(0)


def welcome(**fields: Any) -> bytes:
    usual: dict[str, Any] = {"protocol": 1, "ping_ms": 10_000, "dead_ms": 25_000}
    return GatewayFrame(welcome=Welcome(**usual | fields)).SerializeToString()


def request(number: int = 1, **fields: Any) -> bytes:
    usual: dict[str, Any] = {"verb": "request", "timeout_ms": 3000, "method": "GET", "path": "/version", "credit": 8}
    return GatewayFrame(request=number, ask=Request(**usual | fields)).SerializeToString()


WATCH = request(verb="watch", path="/api/v1/pods?watch=true", timeout_ms=60_000)
"""One that goes on."""


@pytest.mark.feature("F22")
async def test_mangled_bytes_end_the_stream(scene: Scene) -> None:
    for number, piece in enumerate(malformed(GatewayFrame), 1):
        async with scene.evil.stream() as stream:
            await stream.begin()
            await stream.say(piece.data)
            await stream.ended()
        await scene.has_ended("malformed", number)
    await scene.serves()
    assert number > 30


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        pytest.param((b"",), "ended", id="nothing"),
        pytest.param((request(),), "ended", id="a request before welcome"),
        pytest.param((GatewayFrame(goaway=GoAway()).SerializeToString(),), "ended", id="goaway before welcome"),
        pytest.param((welcome(protocol=0),), "ended", id="protocol 0"),
        pytest.param((welcome(protocol=9),), "ended", id="protocol of the future"),
        pytest.param((welcome(ping_ms=0, dead_ms=0),), "malformed", id="pings without pause"),
        pytest.param((welcome(ping_ms=0),), "malformed", id="no pause"),
        pytest.param((welcome(ping_ms=30_000),), "malformed", id="dead before the next ping"),
        pytest.param((welcome(dead_ms=2**32 - 1),), "malformed", id="never dead"),
        pytest.param((WELCOME, WELCOME), "malformed", id="welcome twice"),
        pytest.param((WELCOME, request(0)), "malformed", id="request 0"),
        pytest.param((WELCOME, WATCH, WATCH), "malformed", id="one number twice"),
        pytest.param((WELCOME, b"x" * (2 * 1024 * 1024 + 1)), "ended", id="a piece above the limit"),
    ],
)
async def test_bad_frame_ends_the_stream(scene: Scene, pieces: tuple[bytes, ...], why: str) -> None:
    async with scene.evil.stream() as stream:
        assert isinstance(await stream.hear(), translate.Hello)
        await stream.say(*pieces)
        await stream.ended()
    await scene.serves()
    await scene.has_ended(why, 1)


@pytest.mark.parametrize(
    ("piece", "problem"),
    [
        pytest.param(request(verb="exec"), "refused", id="unknown verb"),
        pytest.param(request(verb=""), "refused", id="no verb"),
        pytest.param(request(verb="v" * 100_000), "refused", id="verb without end"),
        pytest.param(request(timeout_ms=0), "refused", id="no time"),
        pytest.param(request(timeout_ms=TIMEOUT_MOST_MS + 1), "refused", id="time without end"),
        pytest.param(request(credit=0), "refused", id="no credit"),
        pytest.param(request(credit=2**31), "refused", id="credit without end"),
        pytest.param(request(body=b"x" * (ASK_BYTES + 1)), "refused", id="large body"),
        pytest.param(request(path="/" + "x" * PATH_BYTES), "refused", id="long path"),
        pytest.param(request(headers={f"h{n}": "x" for n in range(65)}), "refused", id="many headers"),
        pytest.param(request(fence_epoch=2**63), "refused", id="an epoch that never was"),
        pytest.param(request(path=""), "refused", id="no path"),
        pytest.param(request(path="/api/v1/../../secret"), "refused", id="a path that climbs"),
        pytest.param(request(path="http://169.254.169.254/latest"), "refused", id="an address as a path"),
        pytest.param(request(path="/api/v1/namespaces/a/pods/b/exec"), "refused", id="exec"),
        pytest.param(request(method="GE T"), "refused", id="a method with a space"),
        pytest.param(request(method="CONNECT"), "refused", id="connect"),
        pytest.param(request(verb="call", path="http://169.254.169.254/latest"), "refused", id="the metadata address"),
        pytest.param(request(verb="call", path="file:///etc/passwd"), "refused", id="a file"),
    ],
)
async def test_bad_request_is_refused_in_words(scene: Scene, piece: bytes, problem: str) -> None:
    async with scene.evil.stream() as stream:
        await stream.begin()
        await stream.say(piece)
        said = await stream.answer()
        assert (said.request, said.frame.last) == (1, True)
        assert said.frame.problem.startswith(problem), said.frame
        assert len(said.frame.problem) <= 1024
        await stream.say(request(2))
        assert (await stream.answer()).frame.status == 200


async def test_epoch_that_goes_back_is_refused(scene: Scene) -> None:
    def write(number: int, epoch: int) -> bytes:
        path = "/api/v1/namespaces/nowhere/configmaps/x"
        return request(number, method="DELETE", path=path, fence_target="t", fence_epoch=epoch)

    async with scene.evil.stream() as stream:
        await stream.begin()
        problems = []
        for number, epoch in enumerate((5, 4, 5, 6, 5), 1):
            await stream.say(write(number, epoch))
            problems.append((await stream.answer()).frame.problem.partition(":")[0])
        assert problems == ["", "refused", "", "", "refused"]


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((translate.cancelled(9), translate.granted(9, 5, True)), id="about no request"),
        pytest.param((GatewayFrame(credit=Credit(frames=2**32 - 1, renew=True)).SerializeToString(),), id="credit"),
        pytest.param((translate.unsupported(9), translate.unsupported(0)), id="unsupported"),
        pytest.param(
            (GatewayFrame(unsupported=Unsupported(reason="x" * 100_000)).SerializeToString(),), id="reason without end"
        ),
        pytest.param((translate.pong(3),) * 50, id="pongs to nothing"),
        pytest.param(tuple(translate.ping(n) for n in range(2000)), id="pings without pause"),
        pytest.param((b"\x08\x09\xfa\x3e\x02\x08\x01",) * 300, id="frames of the future"),
        pytest.param((request(8), translate.cancelled(8), translate.cancelled(8)), id="cancelled twice"),
    ],
)
async def test_strange_frames_change_nothing(scene: Scene, pieces: tuple[bytes, ...]) -> None:
    async with scene.evil.stream() as stream:
        await stream.begin()
        await stream.say(*pieces, request(10))
        while (said := await stream.answer()).request != 10:
            pass
        assert said.frame.status == 200


async def test_gateway_that_never_welcomes_is_left(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.stream.WELCOME_SECONDS", 0.2)
    async with scene.evil.stream() as stream:
        await stream.ended()
    monkeypatch.setattr("agent.stream.WELCOME_SECONDS", 10)
    await scene.serves()
