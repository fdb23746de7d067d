"""The stream port of the simulation: what both ends of a stream see of it, as of one over gRPC."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from agent.stream import Ended
from services.gateway.attendance import NotAccepted
from tests.integration.crash.skipping import run
from tests.simulation.ports.chance import Chance
from tests.simulation.ports.line import WINDOW_BYTES, AgentEnd, GatewayEnd, Line
from tests.simulation.ports.process import Process

Result = TypeVar("Result")


class Stage:
    """A stream without faults; the gateway's end is told of a break by `broken`."""

    def __init__(self) -> None:
        self.broken = asyncio.Event()
        agent, gateway = (Process(name, Chance(0, frozenset()), lambda _: None) for name in ("agent", "gateway"))
        self.line = Line(agent, gateway, lambda _: None)
        self.line.on_break = self.broken.set
        self.agent, self.gateway = AgentEnd(self.line), GatewayEnd(self.line)


def staged(act: Callable[[Stage], Awaitable[Result]]) -> Result:
    async def main() -> Result:
        return await act(Stage())

    return run(main())


def test_pieces_come_in_order_both_ways() -> None:
    async def act(stage: Stage) -> list[bytes | None]:
        for piece in (b"1", b"2"):
            await stage.agent.write(piece)
        await stage.gateway.write(b"3")
        return [await stage.gateway.read(), await stage.gateway.read(), await stage.agent.read()]

    assert staged(act) == [b"1", b"2", b"3"]


def test_agent_that_finishes_ends_the_gateways_reading() -> None:
    async def act(stage: Stage) -> bytes | None:
        await stage.agent.finish()
        return await stage.gateway.read()

    assert staged(act) is None


def test_status_of_the_gateway_reaches_the_agent_after_what_was_sent() -> None:
    async def act(stage: Stage) -> tuple[bytes, bool]:
        await stage.gateway.write(b"last")
        stage.line.ended(NotAccepted("no token"))
        piece = await stage.agent.read()
        with pytest.raises(Ended, match="no token") as raised:
            await stage.agent.read()
        return piece, raised.value.is_unauthenticated

    assert staged(act) == (b"last", True)


def test_break_is_told_at_both_ends() -> None:
    async def act(stage: Stage) -> bool:
        stage.line.reset()
        with pytest.raises(Ended, match="reset"):
            await stage.agent.read()
        with pytest.raises(Ended):
            await stage.agent.write(b"late")
        return stage.broken.is_set()

    assert staged(act)


def test_killed_gateway_resets_its_streams() -> None:
    async def act(stage: Stage) -> bool:
        with pytest.raises(BaseException, match="gateway"):
            stage.line.gateway.die("now")
        with pytest.raises(Ended, match="reset"):
            await stage.agent.read()
        return stage.line.is_over

    assert staged(act)


@pytest.mark.parametrize("is_upward", [True, False])
def test_half_open_stream_tells_nobody(is_upward: bool) -> None:
    async def act(stage: Stage) -> bool:
        way = stage.line.up if is_upward else stage.line.down
        write, read = (stage.agent.write, stage.gateway.read) if is_upward else (stage.gateway.write, stage.agent.read)
        await write(b"under way")
        way.lose()
        await write(b"lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await read()
        stage.line.hang_up() if is_upward else stage.line.reset()
        return stage.broken.is_set() if is_upward else stage.line.is_over

    assert staged(act) is not is_upward


def test_stream_that_stalls_brings_everything_later() -> None:
    async def act(stage: Stage) -> float:
        stage.line.up.hold(30)
        await stage.agent.write(b"1")
        await stage.gateway.read()
        return asyncio.get_running_loop().time()

    assert staged(act) >= 30


def test_who_is_not_read_waits() -> None:
    async def act(stage: Stage) -> None:
        await stage.agent.write(b"x" * WINDOW_BYTES)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await stage.agent.write(b"more")
        await stage.gateway.read()
        await stage.agent.write(b"more")

    staged(act)
