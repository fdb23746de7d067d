"""Messages pulled from one JetStream consumer: requests are kept open, silence and loss are noticed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from types import TracebackType

import msgspec
import nats.errors
from msgspec import Struct
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from libs.bus.connection import Connection
from libs.durable.ports import Stored

STREAM = "FAIRLEAD"
"""The one stream that holds orders, facts, records and timers."""

ID_HEADER = "Nats-Msg-Id"

_ACKNOWLEDGED = "$JS.ACK."
_EXPIRES = 10
_HEARTBEAT = 3
_SILENCE = 13
"""Neither message nor heartbeat for so long: the server has forgotten the request."""

_DELETED = "Consumer Deleted"
"""So ends a pull whose stream was deleted."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS = 1_000_000_000


class Broken(Exception):
    """The pull brings nothing any more: begin another."""


class _Next(Struct, frozen=True):
    batch: int
    expires: int = _EXPIRES * _NANOSECONDS
    idle_heartbeat: int = _HEARTBEAT * _NANOSECONDS


class Pulled(Struct, frozen=True):
    """A message of a consumer, with its place there."""

    stored: Stored
    reply: str
    """Where it is acknowledged."""
    count: int
    """1, 2, … for what this consumer has delivered; a gap says that one was lost on the way."""
    pending: int
    """How many more match now."""


async def pull(
    connection: Connection, consumer: str, stream: str = STREAM, batch: int = 64
) -> AsyncGenerator[Pulled, None]:
    """One consumer's messages for as long as this connection lives; `Broken` then: begin again."""
    async with _Pull(connection, f"{stream}.{consumer}", batch) as messages:
        while True:
            yield await messages.next()


class _Pull:
    def __init__(self, connection: Connection, consumer: str, batch: int) -> None:
        self._connection = connection
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{consumer}"
        self._request = msgspec.json.encode(_Next(batch))
        self._batch = batch
        self._wanted = 0
        self._unread: deque[Pulled] = deque()
        self._stirred = asyncio.Event()
        self._problem = ""
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> "_Pull":
        self._connection.require()
        self._epoch = self._connection.epoch
        self._inbox = self._connection.client.new_inbox()
        self._subscription = await self._connection.client.subscribe(self._inbox, cb=self._arrived)
        self._connection.on_change.add(self._stirred.set)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.on_change.discard(self._stirred.set)
        try:
            if self._subscription is not None:
                await self._subscription.unsubscribe()
        except nats.errors.Error:
            pass  # the connection is closed, and with it the subscription

    async def next(self) -> Pulled:
        """The next message; waits for it."""
        while not self._unread:
            await self._renew()
            self._stirred.clear()
            await self._stir()
        pulled = self._unread.popleft()
        if len(self._unread) < self._batch // 4:
            await self._renew()
        return pulled

    async def _stir(self) -> None:
        try:
            async with asyncio.timeout(_SILENCE):
                await self._stirred.wait()
        except TimeoutError:
            raise Broken(f"silence for {_SILENCE} s") from None

    async def _renew(self) -> None:
        """Ask for more before the last request is used up, so that the server never waits for us."""
        if self._problem:
            raise Broken(self._problem)
        if self._connection.epoch != self._epoch or not self._connection.client.is_connected:
            raise Broken("the connection was lost")
        if self._wanted <= self._batch // 2 and len(self._unread) <= self._batch:
            self._wanted += self._batch
            await self._connection.client.publish(self._next, self._request, reply=self._inbox)

    async def _arrived(self, message: Msg) -> None:
        headers = message.headers or {}
        # What was stored may say `Status` as well: only what can be acknowledged is a message.
        match None if message.reply.startswith(_ACKNOWLEDGED) else headers.get("Status"):
            case None:
                self._wanted -= 1
                self._unread.append(pulled(message))
            case "100":  # a heartbeat
                pass
            case "404" | "408":
                self._wanted -= int(headers.get("Nats-Pending-Messages", self._batch))
            case status:
                self._problem = f"{status} {headers.get('Description', '')}"
                if _DELETED in self._problem:
                    self._connection.doubt()
        self._stirred.set()


def pulled(message: Msg) -> Pulled:
    """Read a delivered message; its place in stream and consumer is in the subject for its acknowledgement."""
    tokens = message.reply.split(".")
    sequence, count, nanoseconds, pending = (int(token) for token in _places(tokens))
    stored = Stored(
        subject=message.subject,
        sequence=sequence,
        at=instant(nanoseconds),
        data=message.data,
        id=message.headers.get(ID_HEADER, "") if message.headers else "",
    )
    return Pulled(stored, message.reply, count, pending)


def instant(nanoseconds: int) -> datetime:
    # To the nearest, as JSON's timestamps are read: a message has one instant, however it was fetched.
    return _EPOCH + timedelta(microseconds=(nanoseconds + 500) // 1000)


def _places(tokens: list[str]) -> list[str]:
    """The last four of `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<count>.<nanoseconds>.<pending>`.

    A server may put domain and account before the stream, and a random token at the end.
    """
    return tokens[5:9] if len(tokens) == 9 else tokens[7:11]
