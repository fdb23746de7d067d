"""A TCP line between two processes that can be cut, slowed, stopped in either direction, and healed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Self

from msgspec import Struct

_PIECE = 65536


class Weather(Struct, frozen=True):
    """What a line does to what passes over it."""

    name: str = "fair"
    refuses: bool = False
    """Whatever connects is closed at once."""
    delay: float = 0.0
    bytes_per_second: int = 0
    """0: no limit."""
    out_stops: bool = False
    """What the dialling side says is not read, and the connection stays open."""
    back_stops: bool = False


FAIR = Weather()
CUT = Weather("cut", refuses=True)
FOUL = (
    CUT,
    Weather("slow", delay=0.3),
    Weather("half open", out_stops=True, back_stops=True),
    Weather("deaf", back_stops=True),
    Weather("mute", out_stops=True),
    Weather("throttled", bytes_per_second=8192),
)


class Line:
    """Listens on a port of its own and passes on to the first of `targets`, in turn, that takes the connection."""

    def __init__(self, name: str, targets: Sequence[int]) -> None:
        self.name = name
        self.port = 0
        self._targets = list(targets)
        self._weather = FAIR
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.become(CUT)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def become(self, weather: Weather) -> None:
        self._weather = weather
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        if weather.refuses:
            self.reset()

    def reset(self) -> None:
        """Break every connection that is open."""
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = None if self._weather.refuses else await self._far()
        if far is None:
            writer.transport.abort()
            return
        far_reader, far_writer = far
        self._writers |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, far_writer, lambda: self._weather.out_stops))
                group.create_task(self._pass(far_reader, writer, lambda: self._weather.back_stops))
        finally:
            self._writers -= {writer, far_writer}

    async def _far(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._targets.append(self._targets.pop(0))
        for port in tuple(self._targets):
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        return None

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stops: Callable[[], bool]
    ) -> None:
        try:
            while piece := await reader.read(self._weather.bytes_per_second or _PIECE):
                await self._hold(len(piece), stops)
                writer.write(piece)
                await writer.drain()
            writer.close()
        except (OSError, RuntimeError):
            writer.transport.abort()

    async def _hold(self, size: int, stops: Callable[[], bool]) -> None:
        while stops():
            await self._changed.wait()
        weather = self._weather
        pause = weather.delay + (size / weather.bytes_per_second if weather.bytes_per_second else 0)
        if pause:
            await asyncio.sleep(pause)
