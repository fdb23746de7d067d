"""Reading a stream in order without a trace: a consumer of its own that lives as long as the reading."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from msgspec import Struct

from libs.bus.connection import Connection, Refused
from libs.bus.filter import require_apart
from libs.bus.pull import STREAM, Broken, Pulled, pull
from libs.durable.ports import Stored, Unavailable

_NANOSECONDS = 1_000_000_000
_PAUSE = 0.25
_TRIES = 4
_CONSUMER_NOT_FOUND = 10014
_NO_MESSAGE = 10037
_ALL = 2**63


class _Config(Struct, frozen=True, omit_defaults=True):
    deliver_policy: str
    filter_subjects: Sequence[str]
    opt_start_seq: int = 0
    ack_policy: str = "none"
    mem_storage: bool = True
    inactive_threshold: int = 60 * _NANOSECONDS
    max_deliver: int = 1


class _Create(Struct, frozen=True):
    stream_name: str
    config: _Config


class _Created(Struct, frozen=True):
    name: str
    num_pending: int


class _Place(Struct, frozen=True):
    seq: int


class _Got(Struct, frozen=True):
    message: _Place


class _Progress(Struct, frozen=True):
    last_seq: int


class _Head(Struct, frozen=True):
    state: _Progress


async def last_sequence(connection: Connection, stream: str = STREAM) -> int:
    """The newest sequence that the stream's leader knows of."""
    return (await connection.ask(f"STREAM.INFO.{stream}", {}, _Head)).state.last_seq


async def follow(connection: Connection, filters: Sequence[str], after: int | None) -> AsyncGenerator[Stored, None]:
    """Everything above `after` for ever, each once and in order, over restarts of the server."""
    require_apart(filters)
    while True:
        try:
            after = await last_sequence(connection) if after is None else after
            async for message in _session(connection, STREAM, _from(filters, after)):
                yield message.stored
                after = message.stored.sequence
        except (Broken, Unavailable):
            await connection.connected()
            await asyncio.sleep(_PAUSE)


async def history(connection: Connection, filters: Sequence[str], after: int) -> AsyncGenerator[Stored, None]:
    """Everything above `after` up to what the stream holds at the first step."""
    require_apart(filters)
    end = await last_sequence(connection)
    # In a cluster the copy that is read may be behind: whether there is more, the leader says.
    while after < end and await _next(connection, filters, after) <= end:
        before = after
        try:
            async for message in _session(connection, STREAM, _from(filters, after), end=end):
                yield message.stored
                after = message.stored.sequence
        except Broken:
            await connection.connected()
        if after == before:
            await asyncio.sleep(_PAUSE)


async def _next(connection: Connection, filters: Sequence[str], after: int) -> int:
    """The sequence of the first message above `after` that matches, as the leader has it."""
    found = [_ALL]
    for filter_ in filters:
        try:
            body = {"seq": after + 1, "next_by_subj": filter_}
            found.append((await connection.ask(f"STREAM.MSG.GET.{STREAM}", body, _Got)).message.seq)
        except Refused as error:
            if error.code != _NO_MESSAGE:
                raise
    return min(found)


async def lasts(connection: Connection, filters: Sequence[str], stream: str = STREAM) -> list[Stored]:
    """The newest message of every subject that matches.

    In a cluster the copy that is read may be a moment behind the leader: who decides reads the one subject again.
    """
    require_apart(filters)
    config = _Config(deliver_policy="last_per_subject", filter_subjects=filters)
    problem = ""
    for _ in range(_TRIES):
        try:
            return [message.stored async for message in _session(connection, stream, config, end=_ALL)]
        except Broken as error:  # in a cluster a new consumer's leader may not be known to every node yet
            problem = str(error)
        await asyncio.sleep(_PAUSE)
    raise Unavailable(problem)


def _from(filters: Sequence[str], after: int) -> _Config:
    return _Config(deliver_policy="by_start_sequence", filter_subjects=filters, opt_start_seq=after + 1)


async def _session(
    connection: Connection, stream: str, config: _Config, end: int | None = None
) -> AsyncGenerator[Pulled, None]:
    """What one consumer delivers. With `end` it stops there, or at the last that matches, whichever comes first."""
    created = await connection.ask(f"CONSUMER.CREATE.{stream}", _Create(stream, config), _Created)
    if end is not None and not created.num_pending:
        return
    try:
        async with aclosing(pull(connection, created.name, stream, batch=256)) as messages:
            async for message in _until(messages, end):
                yield message
    finally:
        await _forget(connection, stream, created.name)


async def _until(messages: AsyncIterator[Pulled], end: int | None) -> AsyncIterator[Pulled]:
    expected = 0
    async for message in messages:
        expected += 1
        if message.count != expected:
            raise Broken("a message was lost on the way")
        if end is not None and message.stored.sequence > end:
            return
        yield message
        if end is not None and not message.pending:
            return


async def _forget(connection: Connection, stream: str, name: str) -> None:
    """Spare the server a consumer that nobody reads; it forgets it by itself after a minute."""
    try:
        await connection.ask(f"CONSUMER.DELETE.{stream}.{name}", {}, object)
    except Unavailable:
        return
    except Refused as error:
        if error.code != _CONSUMER_NOT_FOUND:
            raise
