"""One stream between an agent and a gateway, in the place of gRPC: pieces in order, until it breaks and perhaps tells
nobody.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from agent.stream import Ended
from services.gateway.attendance import NotAccepted
from tests.simulation.ports.chance import Chance
from tests.simulation.ports.process import Process

LONGEST_HOLD_SECONDS = 40.0
"""Longer than the silence after which the other side counts as dead."""
WINDOW_BYTES = 256 * 1024
"""So much may be under way and unread; who writes more waits, as with HTTP/2."""


BYTES_A_SECOND = 256 * 1024
SHORT_BYTES = 16 * 1024


class Way:
    """What goes in one direction. `None` ends it in order, an exception tells why there is nothing more."""

    def __init__(self) -> None:
        self.is_lost = False
        """What is sent from now on is lost, and nobody is told."""
        self._pieces: deque[bytes | Exception | None] = deque()
        self._size = 0
        self._held_until = 0.0
        self._moved = asyncio.Event()

    @property
    def held_seconds(self) -> float:
        return max(0.0, self._held_until - asyncio.get_running_loop().time())

    def hold(self, seconds: float) -> None:
        self._held_until = asyncio.get_running_loop().time() + seconds

    def lose(self) -> None:
        """What is under way is lost as well."""
        self.is_lost = True
        self._pieces.clear()

    def put(self, piece: bytes | Exception | None) -> None:
        if self.is_lost:
            self._size += len(piece) if isinstance(piece, bytes) else 0
            return
        self._pieces.append(piece)
        self._size += len(piece) if isinstance(piece, bytes) else 0
        self._moved.set()

    async def room(self, size: int) -> None:
        """Until there is room for so many bytes, and they have been passed on: what is long may be cut half way."""
        while self._size >= WINDOW_BYTES:
            await self._move()
        if size > SHORT_BYTES:
            await asyncio.sleep(size / BYTES_A_SECOND)

    async def next(self) -> bytes | Exception | None:
        while not self._pieces or self.held_seconds:
            if self._pieces:
                await asyncio.sleep(self.held_seconds)
            else:
                await self._move()
        piece = self._pieces.popleft()
        self._size -= len(piece) if isinstance(piece, bytes) else 0
        self._moved.set()
        return piece

    async def _move(self) -> None:
        self._moved.clear()
        await self._moved.wait()


class Line:
    """Both ways and both ends. `told`: how the gateway's end hears that the stream broke."""

    def __init__(self, agent: Process, gateway: Process, tell: Callable[[str], None]) -> None:
        self.agent = agent
        self.gateway = gateway
        self.up, self.down = Way(), Way()
        self.is_met = False
        """Whether the agent was welcomed."""
        self.is_over = False
        self.on_break: Callable[[], object] = lambda: None
        self._tell = tell
        agent.at_end.append(self.hang_up)
        gateway.at_end.append(self.reset)

    @property
    def name(self) -> str:
        return f"the stream of {self.agent.name} to {self.gateway.name}"

    @property
    def is_half_open(self) -> bool:
        return self.up.is_lost or self.down.is_lost

    @property
    def works(self) -> bool:
        is_alive = not self.agent.is_dead and not self.gateway.is_dead
        return self.is_met and is_alive and not self.is_over and not self.is_half_open

    def hang_up(self) -> None:
        """The agent's end is gone. The gateway does not hear of it where nothing reaches it any more."""
        if not self.is_over and not self.up.is_lost:
            self._close()
            self.on_break()

    def reset(self) -> None:
        """The gateway's end is gone."""
        if not self.is_over:
            self._close()
            self.on_break()
            self.down.put(Ended("UNAVAILABLE: the connection was reset"))

    def ended(self, ending: Exception | None) -> None:
        """By the gateway, with a status."""
        if self.is_over:
            return
        self._close()
        reason = f"{type(ending).__name__}: {ending or 'the gateway closed the stream'}"
        self.down.put(Ended(reason, isinstance(ending, NotAccepted)))

    def _close(self) -> None:
        self.is_over = True
        self.agent.at_end.remove(self.hang_up)
        self.gateway.at_end.remove(self.reset)

    def weather(self, chance: Chance, way: Way) -> None:
        """What befalls it while a piece is sent."""
        if chance.strikes("line.breaks"):
            self._tell(f"{self.name} breaks")
            self.reset()
        if (amount := chance.amount("line.half_open")) is not None:
            ways = (self.up,) if amount < 1 / 3 else (self.down,) if amount < 2 / 3 else (self.up, self.down)
            self._tell(f"{self.name} is half open: {'both ways' if len(ways) > 1 else 'one way'}")
            for lost in ways:
                lost.lose()
        if (amount := chance.amount("line.stalls")) is not None:
            self._tell(f"{self.name} stalls for {amount * LONGEST_HOLD_SECONDS:.0f} s")
            way.hold(amount * LONGEST_HOLD_SECONDS)


class AgentEnd:
    """See `agent.stream.Wire`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def read(self) -> bytes:
        piece = await self._line.down.next()
        await self._line.agent.awake()
        if isinstance(piece, bytes):
            self._line.is_met = True
            return piece
        raise piece or Ended("OK: the gateway closed the stream")

    async def write(self, piece: bytes) -> None:
        line = self._line
        await line.agent.reach()
        line.weather(line.agent.chance, line.up)
        await line.up.room(len(piece))
        if line.is_over and not line.down.is_lost:
            raise Ended("the stream broke")
        line.up.put(piece)

    async def finish(self) -> None:
        await self._line.agent.reach()
        self._line.up.put(None)


class GatewayEnd:
    """See `services.gateway.attendance.Wire`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def read(self) -> bytes | None:
        piece = await self._line.up.next()
        await self._line.gateway.awake()
        return piece if isinstance(piece, bytes) else None

    async def write(self, piece: bytes) -> None:
        line = self._line
        await line.gateway.reach()
        line.weather(line.gateway.chance, line.down)
        await line.down.room(len(piece))
        line.down.put(piece)
