"""Giving an order to a noun's owner, and waiting a moment for the fact that names it as its cause."""

import asyncio

from msgspec import Struct

from libs.auth.http import require_current
from libs.auth.principal import Principal
from libs.durable.ports import Store
from libs.messages.codec import decode, encode
from libs.messages.message import Envelope, Message
from libs.messages.subject import Key
from libs.runtime.process import Process
from libs.runtime.trace import current_traceparent
from services.intake.following.feed import Fact, Feed, Listener
from services.intake.sending import send
from services.intake.settings import IntakeSettings


class Given(Struct, frozen=True):
    """An order that is stored, and what came of it."""

    id: str
    effect: Message | None = None
    """None where that takes longer than is waited for."""


class Ordering:
    def __init__(self, store: Store, feed: Feed, process: Process, settings: IntakeSettings) -> None:
        self._store = store
        self._feed = feed
        self._process = process
        self._seconds = settings.intake_answer_seconds

    async def give(self, order: Message, key: Key, who: Principal) -> Given:
        """`key` is the deployment's, or that of anything of it."""
        require_current(who, self._process.clock.now())
        envelope = self._enveloped(order, key.tenant)
        with self._feed.listen(key.tenant, key.deployment) as listener:
            await send(self._store, envelope, order, key)
            return Given(envelope.id, await self._effect(listener, envelope.id))

    async def _effect(self, listener: Listener, order_id: str) -> Message | None:
        try:
            async with asyncio.timeout(self._seconds):
                effect = (await _caused_by(listener, order_id)).envelope
        except TimeoutError:
            return None
        return decode(effect.type, effect.data)

    def _enveloped(self, order: Message, tenant: str) -> Envelope:
        return Envelope(
            id=f"{self._process.random.getrandbits(128):032x}",
            at=self._process.clock.now(),
            tenant=tenant,
            type=order.address,
            data=encode(order),
            traceparent=current_traceparent(),
        )


async def _caused_by(listener: Listener, order_id: str) -> Fact:
    while (fact := await listener.next_fact()).envelope.cause != order_id:
        pass
    return fact
