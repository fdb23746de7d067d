"""Safe mode: while the stream is not the one that was known, this process writes and orders nothing.

The sentry looks every two seconds, and before anything is written on a connection that was lost or whose consumers were
deleted. Over restarts it remembers in a file of the state folder: what stands in NATS goes back with it.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from libs.bus.connection import Connection
from libs.bus.pull import STREAM
from libs.durable.ports import Unavailable, WentBack
from libs.runtime.health import SAFE_MODE
from libs.runtime.log import logger
from libs.runtime.process import Process
from libs.runtime.settings import KNOWN_STORE
from libs.runtime.whole import write_whole
from libs.store.known import Found, Known, Landmark, went_back
from libs.store.leader import last, message_at

LOOK_SECONDS = 2.0
_PAUSE_SECONDS = 0.25
_RECORDS = "state.>"

_log = logger()


class _State(Struct, frozen=True):
    last_seq: int


class _Info(Struct, frozen=True):
    created: datetime
    state: _State


class Sentry:
    """Keeps one connection's barrier."""

    def __init__(self, connection: Connection, process: Process) -> None:
        self._connection = connection
        self._process = process
        self._path = process.settings.state_dir / KNOWN_STORE
        self._is_written = True
        """False while that fails, which is told once: a restart would remember less."""
        self._known = _read(self._path)
        self._looked = -1
        self._problem = ""
        connection.barrier = self.require

    def require(self) -> None:
        """Raise unless the stream was found as it was known, on this connection."""
        if self._problem:
            raise WentBack(_told(self._problem))
        if self._looked != self._connection.doubts:
            raise Unavailable("the store has not been looked at since the connection came back")

    async def run(self) -> None:
        """Look for ever."""
        stirred = asyncio.Event()
        self._connection.on_change.add(stirred.set)
        while True:
            stirred.clear()
            with suppress(Unavailable):
                await self.look()
            await self._process.clock.sleep(_PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS - _PAUSE_SECONDS):
                    await stirred.wait()

    async def look(self) -> None:
        doubts, known = self._connection.doubts, self._expected()
        found = await _found(self._connection, known)
        self._judge(went_back(known, found))
        if found is not None and not self._problem:
            await self._learn(known, found)
        self._looked = doubts

    def _expected(self) -> Known | None:
        """What was known at the last look, and what the stream took from this process since."""
        known, newest = self._known, Landmark(*self._connection.newest)
        if known is None or newest <= max(known.landmarks, default=Landmark(0, "")):
            return known
        return Known(known.created, (*known.landmarks, newest))

    async def _learn(self, known: Known | None, found: Found) -> None:
        record = await last(self._connection, STREAM, _RECORDS)
        landmarks = (*(known.landmarks if known else ()), *([Landmark(record.seq, record.subject)] if record else []))
        await self._keep(Known(found.created, (max(landmarks),) if landmarks else ()))

    async def remember(self) -> None:
        """Keep what was seen since the last look as well: this process ends."""
        known = self._expected()
        if known is not None and known.landmarks and not self._problem:
            await self._keep(Known(known.created, (max(known.landmarks),)))

    async def _keep(self, known: Known) -> None:
        if known == self._known and self._is_written:
            return
        self._known = known
        problem = await asyncio.to_thread(_unwritten, self._path, known)
        if problem and self._is_written:
            _log.warning("known_store_unwritten", path=str(self._path), error=problem)
        self._is_written = not problem

    def _judge(self, problem: str) -> None:
        if problem and not self._problem:
            _log.error("store_went_back", problem=problem)
        elif self._problem and not problem:
            _log.warning("store_is_back", problem=self._problem)
        self._problem = problem
        self._process.metrics.store_went_back.set(bool(problem))
        self._process.health.ready(SAFE_MODE, not problem, _told(problem))


def _told(problem: str) -> str:
    return (
        f"the store went back: {problem}. Nothing is written or ordered until the right one is put back, or this one "
        f"is accepted: by `fairlead up --accept-store`, elsewhere by a start without {KNOWN_STORE} in the state folder"
    )


async def _found(connection: Connection, known: Known | None) -> Found | None:
    try:
        info = await connection.ask(f"STREAM.INFO.{STREAM}", {}, _Info)
    except WentBack:
        return None
    subjects = {
        landmark.sequence: await _subject(connection, landmark.sequence)
        for landmark in (known.landmarks if known else ())
    }
    return Found(info.created, info.state.last_seq, subjects)


async def _subject(connection: Connection, sequence: int) -> str:
    message = await message_at(connection, STREAM, sequence)
    return message.subject if message else ""


def _read(path: Path) -> Known | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Known)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        _log.warning("known_store_unreadable", path=str(path), error=str(error))
        return None


def _unwritten(path: Path, known: Known) -> str:
    """Why it could not be written; empty where it was."""
    try:
        write_whole(path, msgspec.json.encode(known))
    except OSError as error:
        return str(error) or repr(error)
    return ""
