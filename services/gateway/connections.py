"""Telling others who is connected: the hint on the bus, the fact in the stream, the record that expires."""

import asyncio
import hashlib
from collections import deque
from contextlib import suppress
from itertools import islice

from msgspec import Struct

from libs.durable.ports import Bus, Conflict, Store, Unavailable, Write
from libs.durable.ports import Unknown as NoVerdict
from libs.link.connections import (
    BUCKET,
    RENEW_SECONDS,
    TTL_SECONDS,
    Connection,
    Connections,
    decode_connections,
    encode_connections,
)
from libs.messages.agent import AgentConnected, AgentDisconnected, connected_subject
from libs.messages.codec import encode, encode_envelope
from libs.messages.message import Envelope, Message
from libs.messages.subject import Key, message_subject, token
from libs.runtime import log
from libs.runtime.clock import Clock
from services.gateway.session import Session

_OWED_MOST = 20_000
_FACTS_AT_ONCE = 50
_STREAMS_A_RECORD = 1000
"""Of a thousand streams, whatever their names, a message of the bus can hold the record."""
_RECORD_SECONDS = 0.5
"""At least, between two times that the streams are recorded: a crowd comes in one go."""
_PAUSE_SECONDS = 2.0
_WITHDRAW_SECONDS = 5.0
"""The record expires by itself: a stop need not wait for a bus that is gone."""


class _Fact(Struct, frozen=True):
    tenant: str
    agent: str
    message: Message
    id: str


class Presence:
    """What this gateway says about the agents on it."""

    def __init__(self, gateway: str, bus: Bus, store: Store, clock: Clock) -> None:
        self._gateway = gateway
        self._bus = bus
        self._store = store
        self._clock = clock
        self._streams: dict[str, Connection] = {}
        self._owed: deque[_Fact] = deque(maxlen=_OWED_MOST)
        self._changed, self._indebted = asyncio.Event(), asyncio.Event()
        self._recorded: dict[str, bytes] = {}
        self._others: dict[str, Connections] = {}
        self._looked_at = float("-inf")

    async def joined(self, session: Session) -> None:
        """Announce a stream that can be asked from now on."""
        caller, hello = session.caller, session.hello
        since = self._clock.now().isoformat(timespec="milliseconds")
        stream = Connection(caller.tenant, caller.agent, hello.process, hello.version, since)
        self._streams[session.name] = stream
        fact = AgentConnected(agent=caller.agent, gateway=self._gateway, version=hello.version)
        self._owe(_Fact(caller.tenant, caller.agent, fact, _id(self._gateway, stream, "joined")))
        await self._bus.publish(connected_subject(caller.tenant, caller.agent), self._gateway.encode())

    def left(self, session: Session, reason: str) -> None:
        stream = self._streams.pop(session.name, None)
        if stream is not None:
            self._owe(_left(self._gateway, stream, reason))

    async def run(self) -> None:
        """Keep the records and write the facts, for as long as the gateway lives."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._remind())
            group.create_task(self._tell())
            while True:
                self._changed.clear()
                await self._record()
                await self._mourn()
                await self._clock.sleep(_RECORD_SECONDS)
                await self._changed.wait()

    async def _tell(self) -> None:
        """By itself: however many facts a crowd makes, the records are renewed in time."""
        while True:
            await self._pay()
            self._indebted.clear()
            await self._indebted.wait()

    async def _remind(self) -> None:
        while True:
            await self._clock.sleep(RENEW_SECONDS)
            self._recorded.clear()
            self._changed.set()

    async def withdraw(self) -> None:
        """This gateway stops: what is owed is written, the record goes."""
        try:
            async with asyncio.timeout(_WITHDRAW_SECONDS):
                await self._pay()
                for key in self._keys(len(self._streams)):
                    await self._store.delete(BUCKET, key)
        except (Unavailable, NoVerdict, TimeoutError) as error:
            log.logger().warning("connections_not_withdrawn", gateway=self._gateway, error=str(error))

    def _owe(self, fact: _Fact) -> None:
        self._owed.append(fact)
        self._changed.set()
        self._indebted.set()

    def _keys(self, streams: int) -> list[str]:
        """One record even for a gateway without streams: it is there."""
        count = max(1, -(-streams // _STREAMS_A_RECORD))
        return [self._gateway, *(f"{self._gateway}.{number}" for number in range(1, count))]

    async def _record(self) -> None:
        """Write what has changed since the last renewal, and take back the records of streams that have left."""
        streams = tuple(self._streams.values())
        try:
            for number, key in enumerate(self._keys(len(streams))):
                part = streams[number * _STREAMS_A_RECORD : (number + 1) * _STREAMS_A_RECORD]
                await self._put(key, encode_connections(Connections(self._gateway, part)))
            for key in self._recorded.keys() - self._keys(len(streams)):
                await self._store.delete(BUCKET, key)
                self._recorded.pop(key, None)
        except (Unavailable, NoVerdict) as error:
            log.logger().warning("connections_not_recorded", gateway=self._gateway, error=str(error))

    async def _put(self, key: str, record: bytes) -> None:
        if self._recorded.get(key) != record:
            await self._store.put(BUCKET, key, record, ttl=TTL_SECONDS)
            self._recorded[key] = record

    async def _mourn(self) -> None:
        """Say for a gateway that died what it could not: its record has expired. A successor notices as others do.

        Whoever notices tells the same fact under the same id, and so did the gateway itself if it stopped in order.
        """
        now = self._clock.monotonic()
        if now < self._looked_at + RENEW_SECONDS:
            return
        try:
            found = {entry.key: decode_connections(entry.value) for entry in await self._store.entries(BUCKET)}
        except (Unavailable, NoVerdict):
            return  # nobody is thought dead because we cannot look
        self._looked_at = now
        others = {key: record for key, record in found.items() if record.gateway != self._gateway}
        # A stream may stand in another record of its gateway than before.
        present = {stream for record in others.values() for stream in record.streams}
        for gone in (record for key, record in self._others.items() if key not in others):
            for stream in gone.streams:
                if stream not in present:
                    self._owe(_left(gone.gateway, stream, "the gateway is gone"))
        self._others = others

    async def _pay(self) -> None:
        """A fact is owed until it is written: whoever is stopped in the middle leaves it to the next payment."""
        while facts := list(islice(self._owed, _FACTS_AT_ONCE)):
            await self._commit(facts)
            for fact in facts:
                with suppress(ValueError):  # it was paid by another, or is so old that it was forgotten
                    self._owed.remove(fact)

    async def _commit(self, facts: list[_Fact]) -> None:
        """Write facts once, however long there is no store: a repeat after no verdict carries the same ids."""
        writes = [self._write(fact) for fact in facts]
        while True:
            try:
                await self._store.commit(writes)
                return
            except Conflict:
                # An attempt without a verdict had been committed, or another gateway has told one of them.
                for fact in facts if len(facts) > 1 else []:
                    await self._commit([fact])
                return
            except (Unavailable, NoVerdict) as error:
                log.logger().warning("facts_not_written", facts=len(facts), agent=facts[0].agent, error=str(error))
                await self._clock.sleep(_PAUSE_SECONDS)

    def _write(self, fact: _Fact) -> Write:
        envelope = Envelope(
            id=fact.id,
            at=self._clock.now(),
            tenant=fact.tenant,
            type=fact.message.address,
            data=encode(fact.message),
        )
        subject = message_subject(fact.message.address, Key(fact.tenant, -1, token(fact.agent)))
        return Write(subject, encode_envelope(envelope), id=fact.id)


def _left(gateway: str, stream: Connection, reason: str) -> _Fact:
    fact = AgentDisconnected(agent=stream.agent, gateway=gateway, reason=reason)
    return _Fact(stream.tenant, stream.agent, fact, _id(gateway, stream, "left"))


def _id(gateway: str, stream: Connection, what: str) -> str:
    """The same from whoever tells it."""
    told = "\0".join((gateway, stream.tenant, stream.agent, stream.process, stream.since, what))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
