"""Telling others who is connected: the hint on the bus, the fact in the stream, the record that expires."""

import asyncio
import hashlib
from collections import deque

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
_ATTEMPTS = 5
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
        self._changed = asyncio.Event()
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
        """Keep the record and write the facts, for as long as the gateway lives."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._remind())
            while True:
                await self._record()
                await self._mourn()
                while self._owed:
                    await self._commit(self._owed.popleft())
                self._changed.clear()
                await self._changed.wait()

    async def _remind(self) -> None:
        while True:
            await self._clock.sleep(RENEW_SECONDS)
            self._changed.set()

    async def withdraw(self) -> None:
        """This gateway stops: what is owed is written, the record goes."""
        try:
            async with asyncio.timeout(_WITHDRAW_SECONDS):
                while self._owed:
                    await self._commit(self._owed.popleft())
                await self._store.delete(BUCKET, self._gateway)
        except (Unavailable, NoVerdict, TimeoutError) as error:
            log.logger().warning("connections_not_withdrawn", gateway=self._gateway, error=str(error))

    def _owe(self, fact: _Fact) -> None:
        self._owed.append(fact)
        self._changed.set()

    async def _record(self) -> None:
        record = Connections(self._gateway, tuple(self._streams.values()))
        try:
            await self._store.put(BUCKET, self._gateway, encode_connections(record), ttl=TTL_SECONDS)
        except (Unavailable, NoVerdict) as error:
            log.logger().warning("connections_not_recorded", gateway=self._gateway, error=str(error))

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
        found.pop(self._gateway, None)
        for gateway in self._others.keys() - found.keys():
            for stream in self._others[gateway].streams:
                self._owe(_left(gateway, stream, "the gateway is gone"))
        self._others = found

    async def _commit(self, fact: _Fact) -> None:
        """Write a fact once: a repeat after no verdict carries the same id."""
        write = self._write(fact)
        for _ in range(_ATTEMPTS):
            try:
                await self._store.commit([write])
                return
            except Conflict:
                return  # an attempt without a verdict had been committed
            except (Unavailable, NoVerdict):
                await self._clock.sleep(_PAUSE_SECONDS)
        log.logger().error("fact_not_written", tenant=fact.tenant, agent=fact.agent, fact=fact.message.address)

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
