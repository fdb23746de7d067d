"""An agent that says what it may not: its stream ends or its answer is lost, it learns why, nobody else notices."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from agent import frames
from libs.link.bus import bus_link
from libs.link.codec import decode_frame, encode
from libs.link.port import Busy, Lost, NoAnswer, Refused
from libs.messages.agent import FRAME_BYTES, Ask, Frame, request_subject
from libs.runtime.process import Process
from proto.agent.v1.agent_pb2 import AgentFrame, Event, GoAway, Hello, Renew, Response, Unsupported
from tests.integration.link.pieces import malformed
from tests.integration.link.plane import AGENT, CLOCK, TENANT, Plane, agent_up, gateway_up
from tests.integration.link.test_door import HELLO, Caller, bearer, calling

EVIL = "evil"
PING = Ask("ping", 5000)
ASK = Ask("request", 5000, credit=2)

INVALID = grpc.StatusCode.INVALID_ARGUMENT
DISAGREED = grpc.StatusCode.FAILED_PRECONDITION
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
TOO_LARGE = grpc.StatusCode.RESOURCE_EXHAUSTED


def response(**fields: Any) -> bytes:
    return AgentFrame(request=1, response=Response(**fields)).SerializeToString()


def hello(**fields: Any) -> bytes:
    usual: dict[str, Any] = {"min_protocol": 1, "max_protocol": 1, "version": "1", "process": "p", "verbs": ["ping"]}
    return AgentFrame(hello=Hello(**usual | fields)).SerializeToString()


LATER = [
    pytest.param(HELLO, DISAGREED, id="hello again"),
    pytest.param(b"x" * 600_000, TOO_LARGE, id="a piece above the limit"),
    pytest.param(response(body=b"x" * (FRAME_BYTES + 1)), INVALID, id="body above the limit"),
    pytest.param(response(problem="x" * 2000), INVALID, id="problem above the limit"),
    pytest.param(response(headers={f"h{n}": "x" for n in range(65)}), INVALID, id="headers without end"),
    pytest.param(response(headers={"h": "x" * 17_000}), INVALID, id="a header without end"),
    pytest.param(
        AgentFrame(request=1, event=Event(body=b"x" * (FRAME_BYTES + 1))).SerializeToString(), INVALID, id="large event"
    ),
    pytest.param(AgentFrame(renew=Renew(token="x" * 20_000)).SerializeToString(), INVALID, id="token without end"),
    pytest.param(AgentFrame(renew=Renew(token="")).SerializeToString(), UNAUTHENTICATED, id="no token"),
]
FIRST = [
    pytest.param(b"", DISAGREED, id="nothing"),
    pytest.param(response(status=200), DISAGREED, id="an answer to nothing"),
    pytest.param(frames.ping(1), DISAGREED, id="ping"),
    pytest.param(AgentFrame(goaway=GoAway()).SerializeToString(), DISAGREED, id="goaway"),
    pytest.param(hello(process=""), INVALID, id="nameless process"),
    pytest.param(hello(version="1\nroot: x"), INVALID, id="version that cannot be shown"),
    pytest.param(hello(cluster="x" * 129), INVALID, id="long name of a cluster"),
    pytest.param(hello(verbs=["v"] * 33), INVALID, id="many verbs"),
    pytest.param(hello(verbs=["v" * 129]), INVALID, id="long verb"),
    pytest.param(hello(min_protocol=2, max_protocol=999), DISAGREED, id="protocol of the future"),
    pytest.param(hello(min_protocol=0, max_protocol=0), DISAGREED, id="protocol 0"),
    pytest.param(hello(min_protocol=9, max_protocol=1), DISAGREED, id="protocols the wrong way round"),
]


class Scene:
    """A gateway with a good agent, and a stream of the evil one."""

    def __init__(self, gateway: Process, caller: Caller, link: Any) -> None:
        self.gateway = gateway
        self.caller = caller
        self.link = link

    def refused(self, what: str) -> float:
        return self.gateway.metrics.registry.get_sample_value("fairlead_gateway_refused_total", {"what": what}) or 0

    async def others_work(self) -> None:
        assert (await self.link.ask(TENANT, AGENT, PING)).status == 200


@asynccontextmanager
async def scene(plane: Plane, kubeconfig: Path) -> AsyncIterator[Scene]:
    async with (
        gateway_up(plane) as gateway,
        agent_up(plane.agent(kubeconfig)),
        bus_link(plane.bus, CLOCK) as link,
        calling(plane, bearer(plane.issuer.issue(EVIL))) as caller,
    ):
        yield Scene(gateway, caller, link)


async def ends(s: Scene, pieces: list[bytes], code: grpc.StatusCode) -> None:
    """The status is the sender's to read, counted under its name, and told once."""
    with capture_logs() as logged:
        await s.caller.say(*pieces)
        assert await s.caller.end() is code
        await s.others_work()
    if code is not TOO_LARGE:  # gRPC itself ends that stream, before the gateway sees the piece
        assert s.refused(code.name.lower()) == 1
        assert [line["what"] for line in logged if line["event"] == "refused"] == [code.name.lower()]


@pytest.mark.parametrize("before", [(), (HELLO,)], ids=["at the beginning", "later"])
async def test_mangled_bytes_end_the_stream(the_plane: Plane, kubeconfig: Path, before: tuple[bytes, ...]) -> None:
    async with scene(the_plane, kubeconfig) as s:
        for number, piece in enumerate(malformed(AgentFrame), 1):
            async with calling(the_plane, bearer(the_plane.issuer.issue(EVIL))) as caller:
                await caller.say(*before, piece.data)
                assert await caller.end() is INVALID, piece.name
            assert s.refused("invalid_argument") == number
        await s.others_work()
        assert number > 30


@pytest.mark.parametrize(("piece", "code"), FIRST)
async def test_bad_beginning_ends_the_stream(
    the_plane: Plane, kubeconfig: Path, piece: bytes, code: grpc.StatusCode
) -> None:
    async with scene(the_plane, kubeconfig) as s:
        await ends(s, [piece], code)


@pytest.mark.parametrize(("piece", "code"), LATER)
async def test_bad_frame_ends_the_stream(
    the_plane: Plane, kubeconfig: Path, piece: bytes, code: grpc.StatusCode
) -> None:
    async with scene(the_plane, kubeconfig) as s:
        await ends(s, [HELLO, piece], code)


def frame(seq: int, **fields: Any) -> Callable[[int], bytes]:
    return lambda number: AgentFrame(request=number, response=Response(seq=seq, **fields)).SerializeToString()


def busy(number: int) -> bytes:
    return frames.answered(number, Frame(0, problem=frames.BUSY))


def unknown(number: int) -> bytes:
    return AgentFrame(request=number, unsupported=Unsupported(reason="never heard of it")).SerializeToString()


def event(number: int) -> bytes:
    return AgentFrame(request=number, event=Event(seq=5)).SerializeToString()


WHOLE = frame(0, status=200, last=True)


@pytest.mark.parametrize(
    ("said", "kind", "counted"),
    [
        pytest.param((frame(1, status=200),), Lost, 1, id="begins with the second"),
        pytest.param((frame(0, status=200), frame(0)), Lost, 1, id="the first twice"),
        pytest.param((frame(0, status=200), frame(1), frame(1)), Lost, 1, id="the second twice"),
        pytest.param((frame(0, status=200), frame(2)), Lost, 1, id="one left out"),
        pytest.param((frame(0, status=200), frame(2**64 - 1)), Lost, 1, id="the largest number"),
        pytest.param((event,), Lost, 1, id="an event that nothing began"),
        pytest.param((busy,), Busy, 0, id="busy"),
        pytest.param((frame(0, status=200), busy), Busy, 0, id="busy half way"),
        pytest.param((unknown,), Refused, 0, id="unsupported"),
        pytest.param((frame(0, problem="nonsense of its own"),), Lost, 0, id="a problem of its own"),
    ],
)
async def test_wrong_answer_is_lost(
    the_plane: Plane,
    kubeconfig: Path,
    said: tuple[Callable[[int], bytes], ...],
    kind: type[NoAnswer],
    counted: int,
) -> None:
    async with scene(the_plane, kubeconfig) as s, asyncio.TaskGroup() as group:
        await s.caller.say(HELLO)
        assert isinstance(await s.caller.hear(), frames.Welcomed)
        losing = group.create_task(_fails(s.link.ask(TENANT, EVIL, ASK)))
        number = await _asked(s.caller)
        await s.caller.say(*(piece(number) for piece in said))
        assert await losing is kind
        assert s.refused("answer") == counted
        await s.caller.say(*(piece(number) for piece in said))  # and again, for a request that is over
        await _answers_next(s)
        await s.others_work()


async def test_more_than_was_granted_is_lost(the_plane: Plane, kubeconfig: Path) -> None:
    async with scene(the_plane, kubeconfig) as s, the_plane.bus.subscribe("asker") as heard, asyncio.timeout(20):
        await s.caller.say(HELLO)
        assert isinstance(await s.caller.hear(), frames.Welcomed)
        await the_plane.bus.publish(request_subject(TENANT, EVIL), encode(ASK), "asker")
        number = await _asked(s.caller)
        await s.caller.say(*(frame(seq)(number) for seq in range(ASK.credit + 1)))
        answered = [decode_frame((await anext(heard)).data) for _ in range(ASK.credit + 1)]
        assert [one.problem for one in answered] == ["", "", "gone: the agent sent more than was asked for"]
        assert s.refused("answer") == 1
        await s.others_work()


async def test_late_and_foreign_answers_change_nothing(the_plane: Plane, kubeconfig: Path) -> None:
    async with scene(the_plane, kubeconfig) as s, asyncio.TaskGroup() as group:
        await s.caller.say(HELLO)
        assert isinstance(await s.caller.hear(), frames.Welcomed)
        asking = group.create_task(s.link.ask(TENANT, EVIL, ASK))
        number = await _asked(s.caller)
        foreign = (0, number + 1, 2**63, 2**64 - 1)
        await s.caller.say(*(WHOLE(other) for other in foreign), WHOLE(number), WHOLE(number), frame(1)(number))
        assert (await asking).status == 200
        await _answers_next(s)
        assert s.refused("answer") == 0


async def test_pings_without_pause_are_survived(the_plane: Plane, kubeconfig: Path) -> None:
    async with scene(the_plane, kubeconfig) as s:
        await s.caller.say(HELLO, *(frames.ping(number) for number in range(2000)))
        await s.others_work()
        await _answers_next(s)


@pytest.mark.parametrize("again", [1, 3])
async def test_leaving_more_than_once_is_leaving(the_plane: Plane, kubeconfig: Path, again: int) -> None:
    async with scene(the_plane, kubeconfig) as s:
        await s.caller.say(HELLO, *[frames.goaway("bye")] * again, frames.ping(7))
        while await s.caller.hear() != frames.Ponged(7):
            pass
        await s.others_work()


async def _answers_next(s: Scene) -> None:
    """The stream still serves: the next request is answered."""
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(s.link.ask(TENANT, EVIL, ASK))
        number = await _asked(s.caller)
        await s.caller.say(WHOLE(number))
        assert (await asking).status == 200


async def _asked(caller: Caller) -> int:
    while True:
        said = await caller.hear()
        assert said is not None
        if isinstance(said, frames.Asked):
            return said.request


async def _fails(asking: Any) -> type[NoAnswer]:
    with pytest.raises(NoAnswer) as failure:
        await asking
    return failure.type
