"""The bus over NATS: durable consumers that survive everything, ordered following, and core subjects."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress

import nats.errors
from msgspec import Struct
from nats.aio.msg import Msg

from libs.bus import reader
from libs.bus.connection import Connection, is_gone
from libs.bus.filter import require_apart, require_fits
from libs.bus.pull import STREAM, Broken, Pulled, pull
from libs.bus.unread import Unread
from libs.durable.ports import Delivery, Packet, Stored, Unavailable
from libs.runtime.log import logger

ACK_WAIT_SECONDS = 30
"""Longer than a cluster needs to elect a leader, or every election would mean double work."""

MAX_UNACKNOWLEDGED = 256

FLUSHES = 3
FLUSH_SECONDS = 8
"""How often, and how long each time, the server is asked whether it knows of a subscription. A process that starts
while its way to the server stalls, or the server itself, is to begin when that is over, not to end. Long, for a client
that hears an answer too late breaks its connection; and again, for an answer is lost with a connection."""

_NANOSECONDS = 1_000_000_000
_PAUSE = 0.25
_RESET_TRIES = 10
_RESET_SECONDS = 0.5

_log = logger()


class _Consumer(Struct, frozen=True):
    durable_name: str
    filter_subjects: Sequence[str]
    deliver_policy: str = "all"
    ack_policy: str = "explicit"
    ack_wait: int = ACK_WAIT_SECONDS * _NANOSECONDS
    max_deliver: int = -1
    max_ack_pending: int = MAX_UNACKNOWLEDGED
    max_waiting: int = 64


class _Create(Struct, frozen=True):
    stream_name: str
    config: _Consumer


class JetStreamDelivery:
    """A pulled message. An acknowledgement that is lost costs a repeat, which changes nothing: nobody waits for it."""

    __slots__ = ("_connection", "_reply", "stored")

    def __init__(self, connection: Connection, pulled: Pulled) -> None:
        self._connection = connection
        self._reply = pulled.reply
        self.stored: Stored = pulled.stored

    async def ack(self) -> None:
        await self._say(b"+ACK")

    async def progress(self) -> None:
        await self._say(b"+WPI")

    async def _say(self, word: bytes) -> None:
        try:
            self._connection.barrier()  # in another store the same place is another message
            await self._connection.client.publish(self._reply, word)
        except (nats.errors.Error, Unavailable) as error:
            _log.info("acknowledgement_lost", sequence=self.stored.sequence, error=repr(error))


class JetStreamBus:
    """The `Bus` of production."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def consume(
        self, name: str, filters: Sequence[str], takeover: bool = True
    ) -> AsyncIterator[AsyncIterator[Delivery]]:
        require_apart(filters)
        await self._prepare(name, filters, takeover)
        async with aclosing(self._deliveries(name, filters)) as deliveries:
            yield deliveries

    def follow(self, filters: Sequence[str], after: int | None = None) -> AsyncIterator[Stored]:
        return reader.follow(self._connection, filters, after)

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        require_fits(subject, data)
        self._connection.require_trusted()
        try:
            await self._connection.client.publish(subject, data, reply=reply)
        except nats.errors.Error as error:
            raise Unavailable(f"{subject}: {error!r}") from error

    @asynccontextmanager
    async def subscribe(
        self, subject: str, queue: str = "", pending: int = 1024
    ) -> AsyncIterator[AsyncIterator[Packet]]:
        unread = Unread(pending)

        async def put(message: Msg) -> None:
            unread.put(Packet(message.subject, message.data, message.reply, is_gone(message)))

        self._connection.require()
        try:
            subscription = await self._connection.client.subscribe(subject, queue=queue, cb=put)
            await self._flush()
        except nats.errors.Error as error:
            raise Unavailable(f"{subject}: {error!r}") from error
        try:
            yield unread
        finally:
            if not self._connection.client.is_closed:
                await subscription.unsubscribe()

    async def _flush(self) -> None:
        """Until the server has seen what was sent; asked more than once, for an answer is lost with its connection."""
        for _ in range(FLUSHES - 1):
            with suppress(nats.errors.FlushTimeoutError):
                await self._connection.client.flush(timeout=FLUSH_SECONDS)
                return
        await self._connection.client.flush(timeout=FLUSH_SECONDS)

    def inbox(self) -> str:
        return str(self._connection.client.new_inbox())

    async def _prepare(self, name: str, filters: Sequence[str], reset: bool) -> None:
        """Make or update the consumer, and set it back to its acknowledgement floor.

        The floor is the last message with nothing unacknowledged before it. CONSUMER.RESET without a sequence goes
        there at once, on 2.14 and later (seen on 2.15.1): what another process, or this one before the connection was
        lost, still holds comes again now and not after the acknowledgement wait. Messages above the floor that were
        acknowledged come again too; their repeat changes nothing.
        """
        self._connection.require_trusted()
        config = _Consumer(name, filters)
        await self._connection.ask(f"CONSUMER.CREATE.{STREAM}.{name}", _Create(STREAM, config), object)
        if reset:
            await self._reset(name)

    async def _reset(self, name: str) -> None:
        """Asked again soon: in a cluster a consumer that was just made may have no leader yet, and nobody answers."""
        for _ in range(_RESET_TRIES):
            with suppress(Unavailable):
                await self._connection.ask(f"CONSUMER.RESET.{STREAM}.{name}", {}, object, _RESET_SECONDS)
                return
            self._connection.require()
        raise Unavailable(f"the consumer {name} cannot be set back: it has no leader")

    async def _deliveries(self, name: str, filters: Sequence[str]) -> AsyncGenerator[Delivery, None]:
        while True:
            async with aclosing(self._while_connected(name)) as deliveries:
                async for delivery in deliveries:
                    yield delivery
            await self._again(name, filters)

    async def _while_connected(self, name: str) -> AsyncGenerator[Delivery, None]:
        try:
            async with aclosing(pull(self._connection, name)) as messages:
                async for message in messages:
                    yield JetStreamDelivery(self._connection, message)
        except (Broken, Unavailable) as error:
            _log.info("pull_ended", consumer=name, reason=str(error))

    async def _again(self, name: str, filters: Sequence[str]) -> None:
        while True:
            await self._connection.connected()
            await asyncio.sleep(_PAUSE)
            try:
                return await self._prepare(name, filters, reset=True)
            except Unavailable:
                continue
