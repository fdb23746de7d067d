"""Who is let in, what the first frames must be, and what becomes of a stream that says what it may not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from agent import frames
from libs.auth.principal import Kind
from libs.link.bus import bus_link
from libs.link.codec import decode_frame, encode
from libs.link.connections import connected
from libs.link.port import Busy, Lost, NoAnswer
from libs.messages.agent import FRAME_BYTES, Ask, Frame, connected_subject, request_subject
from libs.runtime.certificates import ensure_certificates
from tests.integration.link.plane import AGENT, CLOCK, TENANT, Plane, agent_up, gateway_up
from tests.waiting import eventually

HELLO = frames.hello("1.0", "p1", ("ping", "request"), "")


class Caller:
    """A client that says whatever a test wants."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            await self._call.write(piece)

    async def hear(self) -> Any:
        async with asyncio.timeout(10):
            piece = await self._call.read()
        return frames.read(piece) if isinstance(piece, bytes) else None

    async def end(self) -> grpc.StatusCode:
        """How the gateway ends the stream, whatever it says before."""
        async with asyncio.timeout(10):
            with suppress(grpc.aio.AioRpcError):
                while isinstance(await self._call.read(), bytes):
                    pass
            code: grpc.StatusCode = await self._call.code()
            return code


@asynccontextmanager
async def calling(plane: Plane, *metadata: tuple[str, str], authority: bytes | None = None) -> AsyncIterator[Caller]:
    trusted = authority or await asyncio.to_thread(plane.certificates.authority.read_bytes)
    credentials = grpc.ssl_channel_credentials(root_certificates=trusted)
    options = (("grpc.use_local_subchannel_pool", 1),)
    async with grpc.aio.secure_channel(plane.address, credentials, options=options) as channel:
        call: Any = channel.stream_stream(frames.METHOD)(metadata=metadata)
        yield Caller(call)
        call.cancel()


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


async def test_agent_is_welcomed(the_plane: Plane) -> None:
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(HELLO)
        welcome = await caller.hear()
    assert isinstance(welcome, frames.Welcomed)
    assert (welcome.rhythm.ping_seconds, welcome.rhythm.dead_seconds) == (10, 25)


@pytest.mark.parametrize("metadata", [(), (bearer("unknown"),), (bearer(""),), (("authorization", "Basic eA=="),)])
async def test_stranger_is_turned_away(the_plane: Plane, metadata: tuple[tuple[str, str], ...]) -> None:
    async with gateway_up(the_plane), calling(the_plane, *metadata) as caller:
        assert await caller.end() is grpc.StatusCode.UNAUTHENTICATED


async def test_two_tokens_are_one_too_many(the_plane: Plane) -> None:
    tokens = (bearer(the_plane.issuer.issue(AGENT)), bearer(the_plane.issuer.issue("other")))
    async with gateway_up(the_plane), calling(the_plane, *tokens) as caller:
        assert await caller.end() is grpc.StatusCode.UNAUTHENTICATED


async def test_person_is_no_agent(the_plane: Plane) -> None:
    token = the_plane.issuer.issue(AGENT, Kind.USER)
    async with gateway_up(the_plane), calling(the_plane, bearer(token)) as caller:
        assert await caller.end() is grpc.StatusCode.UNAUTHENTICATED


async def test_expired_token_is_turned_away(the_plane: Plane) -> None:
    the_plane.issuer.token_seconds = -1
    token = the_plane.issuer.issue(AGENT)
    async with gateway_up(the_plane), calling(the_plane, bearer(token)) as caller:
        assert await caller.end() is grpc.StatusCode.UNAUTHENTICATED


async def test_gateway_of_another_authority_is_not_trusted(the_plane: Plane, tmp_path: Path) -> None:
    other = ensure_certificates(tmp_path / "other", CLOCK.now())
    foreign = await asyncio.to_thread(other.authority.read_bytes)
    token = the_plane.issuer.issue(AGENT)
    async with gateway_up(the_plane), calling(the_plane, bearer(token), authority=foreign) as caller:
        assert await caller.end() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (frames.ping(1), grpc.StatusCode.FAILED_PRECONDITION),
        (b"", grpc.StatusCode.FAILED_PRECONDITION),
        (b"\xff\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
        (b"x" * 600_000, grpc.StatusCode.RESOURCE_EXHAUSTED),
    ],
)
async def test_stream_begins_with_hello(the_plane: Plane, first: bytes, code: grpc.StatusCode) -> None:
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(first)
        assert await caller.end() is code


async def test_silent_caller_is_sent_away(the_plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.door.HELLO_SECONDS", 0.1)
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        assert await caller.end() is grpc.StatusCode.DEADLINE_EXCEEDED


@pytest.mark.parametrize(("low", "high"), [(2, 999), (0, 0)])
async def test_unspoken_protocol_is_refused(
    the_plane: Plane, low: int, high: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "MIN_PROTOCOL", low)
    monkeypatch.setattr(frames, "MAX_PROTOCOL", high)
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(frames.hello("9", "p", (), ""))
        assert await caller.end() is grpc.StatusCode.FAILED_PRECONDITION


async def test_newer_agent_settles_on_common_protocol(the_plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_PROTOCOL", 7)
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(frames.hello("9", "p", (), ""))
        assert (await caller.hear()).protocol == 1


async def test_frame_from_the_future_is_unsupported(the_plane: Plane) -> None:
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(HELLO, b"\x08\x09\xfa\x3e\x02\x08\x01", frames.ping(5))
        heard = [await caller.hear() for _ in range(4)]
    assert any(isinstance(said, frames.Misunderstood) for said in heard)
    assert frames.Ponged(5) in heard


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        (b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
        (HELLO, grpc.StatusCode.FAILED_PRECONDITION),
        (frames.answered(1, Frame(0, 200, body=b"x" * (FRAME_BYTES + 1))), grpc.StatusCode.INVALID_ARGUMENT),
        (frames.renew("nonsense"), grpc.StatusCode.UNAUTHENTICATED),
    ],
)
async def test_misbehaving_stream_ends_alone(
    the_plane: Plane, kubeconfig: Path, piece: bytes, code: grpc.StatusCode
) -> None:
    async with (
        gateway_up(the_plane),
        calling(the_plane, bearer(the_plane.issuer.issue("other"))) as caller,
        agent_up(the_plane.agent(kubeconfig)),
        bus_link(the_plane.bus, CLOCK) as link,
    ):
        await caller.say(HELLO, piece)
        assert await caller.end() is code
        assert (await link.ask(TENANT, AGENT, Ask("ping", 5000))).status == 200


async def test_renewal_for_somebody_else_ends_stream(the_plane: Plane) -> None:
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(HELLO, frames.renew(the_plane.issuer.issue("other")))
        assert await caller.end() is grpc.StatusCode.UNAUTHENTICATED


async def test_token_that_runs_out_ends_stream(the_plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.attendance.EXPIRED_SECONDS", 0)
    the_plane.issuer.token_seconds = 0.5
    async with (
        gateway_up(the_plane, gateway_ping_seconds=0.2),
        calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller,
    ):
        await caller.say(HELLO)
        assert await caller.end() is grpc.StatusCode.UNAUTHENTICATED


async def test_agent_renews_its_token(the_plane: Plane, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.attendance.EXPIRED_SECONDS", 0)
    the_plane.issuer.token_seconds = 0.6
    async with gateway_up(the_plane), agent_up(the_plane.agent(kubeconfig)), bus_link(the_plane.bus, CLOCK) as link:
        end = CLOCK.now() + timedelta(seconds=2)
        while CLOCK.now() < end:
            assert (await link.ask(TENANT, AGENT, Ask("ping", 5000))).status == 200
            await asyncio.sleep(0.02)


async def test_copied_credentials_are_noticed(the_plane: Plane) -> None:
    first, second = (bearer(the_plane.issuer.issue(AGENT)) for _ in range(2))
    async with gateway_up(the_plane), calling(the_plane, first) as one, calling(the_plane, second) as other:
        await one.say(frames.hello("1", "p", (), "cluster-a"))
        await one.hear()
        await other.say(frames.hello("1", "q", (), "cluster-b"))
        assert await other.end() is grpc.StatusCode.FAILED_PRECONDITION


async def test_agent_that_never_reads_is_cut_off(the_plane: Plane) -> None:
    token = bearer(the_plane.issuer.issue(AGENT))
    async with gateway_up(the_plane), calling(the_plane, token) as caller, bus_link(the_plane.bus, CLOCK) as link:
        await caller.say(HELLO)
        await caller.hear()
        big = Ask("request", 200, "POST", "/api/v1/x", body=b"x" * 200_000)
        kinds = [await _kind_of(link.ask(TENANT, AGENT, big)) for _ in range(40)]
    assert Busy in kinds


async def test_request_that_nobody_ends_is_given_up(the_plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.handlers.SWEEP_SECONDS", 0.05)
    monkeypatch.setattr("services.gateway.session.OVERDUE_SECONDS", 0)
    async with (
        gateway_up(the_plane),
        calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller,
        the_plane.bus.subscribe("asker") as heard,
    ):
        await caller.say(HELLO)
        await caller.hear()
        await _until_listening(the_plane)
        await the_plane.bus.publish(request_subject(TENANT, AGENT), encode(Ask("request", 100)), "asker")
        async with asyncio.timeout(30):
            assert decode_frame((await anext(heard)).data).problem == "timeout"


async def test_answers_to_nothing_are_dropped(the_plane: Plane) -> None:
    async with gateway_up(the_plane), calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller:
        await caller.say(HELLO, *(frames.answered(number, Frame(0, 200, last=True)) for number in range(50)))
        await caller.say(frames.ping(9))
        heard = [await caller.hear() for _ in range(3)]
    assert frames.Ponged(9) in heard


async def test_lying_agent_loses_its_answer(the_plane: Plane) -> None:
    async with (
        gateway_up(the_plane),
        calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller,
        bus_link(the_plane.bus, CLOCK) as link,
        asyncio.TaskGroup() as group,
    ):
        await caller.say(HELLO)
        await caller.hear()
        losing = group.create_task(_loses(link.ask(TENANT, AGENT, Ask("request", 5000))))
        await caller.say(frames.answered(await _asked(caller), Frame(1, 200, body=b"the second first")))
        await losing


async def test_handshakes_are_admitted_at_a_rate(the_plane: Plane) -> None:
    async with gateway_up(the_plane, gateway_handshakes=1):
        codes = [await _refused(the_plane) for _ in range(4)]
    assert grpc.StatusCode.RESOURCE_EXHAUSTED in codes


async def test_streams_of_one_agent_are_counted(the_plane: Plane, kubeconfig: Path) -> None:
    async with (
        gateway_up(the_plane, gateway_agent_streams=1),
        agent_up(the_plane.agent(kubeconfig)),
        calling(the_plane, bearer(the_plane.issuer.issue(AGENT))) as caller,
    ):
        assert await caller.end() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_old_stream_is_replaced(the_plane: Plane, kubeconfig: Path) -> None:
    async with (
        gateway_up(the_plane, gateway_stream_seconds=0.5),
        the_plane.bus.subscribe(connected_subject(TENANT, AGENT)) as hints,
        agent_up(the_plane.agent(kubeconfig)),
        asyncio.timeout(15),
    ):
        for _ in range(3):
            await anext(hints)


async def test_plain_client_does_not_disturb(the_plane: Plane, kubeconfig: Path) -> None:
    async with gateway_up(the_plane), agent_up(the_plane.agent(kubeconfig)), bus_link(the_plane.bus, CLOCK) as link:
        host, _, port = the_plane.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + bytes(range(256)) * 40)
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()
        assert (await link.ask(TENANT, AGENT, Ask("ping", 5000))).status == 200


async def _asked(caller: Caller) -> int:
    while True:
        said = await caller.hear()
        if isinstance(said, frames.Asked):
            return said.request


async def _until_listening(plane: Plane) -> None:
    async def is_recorded() -> bool:
        return bool(await connected(plane.store, TENANT))

    await eventually(is_recorded)


async def _kind_of(asking: Any) -> type[NoAnswer]:
    with pytest.raises(NoAnswer) as failure:
        await asking
    return failure.type


async def _loses(asking: Any) -> None:
    with pytest.raises(Lost):
        await asking


async def _refused(plane: Plane) -> grpc.StatusCode:
    async with calling(plane, bearer("unknown")) as caller:
        return await caller.end()
