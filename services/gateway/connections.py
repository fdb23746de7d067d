"""Telling others who is connected: the hint on the bus, the fact in the stream, the record that expires."""

import asyncio
from collections import deque
from random import Random

from msgspec import Struct

from libs.durable.ports import Bus, Conflict, Store, Unavailable, Write
from libs.durable.ports import Unknown as NoVerdict
from libs.link.connections import (
    BUCKET,
    RENEW_SECONDS,
    TTL_SECONDS,
    Connection,
    Connections,
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


class Presence:
    """What this gateway says about the agents on it."""

    def __init__(self, gateway: str, bus: Bus, store: Store, clock: Clock, random: Random) -> None:
        self._gateway = gateway
        self._bus = bus
        self._store = store
        self._clock = clock
        self._random = random
        self._streams: dict[str, Connection] = {}
        self._owed: deque[_Fact] = deque(maxlen=_OWED_MOST)
        self._changed = asyncio.Event()

    async def joined(self, session: Session) -> None:
        """Announce a stream that can be asked from now on."""
        caller, hello = session.caller, session.hello
        since = self._clock.now().isoformat(timespec="milliseconds")
        self._streams[session.name] = Connection(caller.tenant, caller.agent, hello.process, hello.version, since)
        fact = AgentConnected(agent=caller.agent, gateway=self._gateway, version=hello.version)
        self._owe(_Fact(caller.tenant, caller.agent, fact))
        await self._bus.publish(connected_subject(caller.tenant, caller.agent), self._gateway.encode())

    def left(self, session: Session, reason: str) -> None:
        if self._streams.pop(session.name, None) is None:
            return
        caller = session.caller
        fact = AgentDisconnected(agent=caller.agent, gateway=self._gateway, reason=reason)
        self._owe(_Fact(caller.tenant, caller.agent, fact))

    async def run(self) -> None:
        """Keep the record and write the facts, for as long as the gateway lives."""
        while True:
            await self._record()
            while self._owed:
                await self._commit(self._owed.popleft())
            self._changed.clear()
            try:
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                pass

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
        identifier = f"{self._random.getrandbits(128):032x}"
        envelope = Envelope(
            id=identifier,
            at=self._clock.now(),
            tenant=fact.tenant,
            type=fact.message.address,
            data=encode(fact.message),
        )
        subject = message_subject(fact.message.address, Key(fact.tenant, -1, token(fact.agent)))
        return Write(subject, encode_envelope(envelope), id=identifier)
