"""A person's decision: found out what is meant, who may, and what came of it."""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from libs.api.request import Decision
from libs.api.view import Decided, DeploymentView
from libs.auth.permissions import Grants, has_any, may_approve
from libs.auth.principal import Principal
from libs.durable.ports import Store
from libs.messages.codec import decode, encode
from libs.messages.message import Envelope, Message
from libs.messages.subject import Key
from libs.runtime.problem import Problem
from libs.runtime.process import Process
from libs.runtime.trace import current_traceparent
from services.intake.decision import Chosen, Unclear, refusal
from services.intake.following.feed import Fact, Feed, Listener
from services.intake.sending import send
from services.intake.settings import IntakeSettings

Choose = Callable[[DeploymentView, Decision, str], Chosen]


class Caller(Struct, frozen=True):
    """Who decides, and what his custom roles stand for."""

    principal: Principal
    grants: Grants


class Deciding:
    def __init__(self, store: Store, feed: Feed, process: Process, settings: IntakeSettings) -> None:
        self._store = store
        self._feed = feed
        self._process = process
        self._seconds = settings.intake_answer_seconds

    async def decide(self, who: Caller, key: Key, view: DeploymentView, wanted: tuple[Choose, Decision]) -> Decided:
        """Give a person's order and wait a moment for its effect."""
        chosen = _chosen(view, wanted, who)
        order = self._enveloped(chosen.order, who.principal.tenant)
        with self._feed.listen(key.tenant, key.deployment) as listener:
            await send(self._store, order, chosen.order, key)
            effect = await self._effect(listener, order.id)
        if effect is None:
            return Decided(id=order.id, state="sent")
        envelope = effect.envelope
        if reason := refusal(decode(envelope.type, envelope.data)):
            raise Problem(409, reason, "refused")
        return Decided(id=order.id, state="done", event=envelope.type)

    async def _effect(self, listener: Listener, order_id: str) -> Fact | None:
        """The first event that names the order as its cause; None where that takes too long."""
        try:
            async with asyncio.timeout(self._seconds):
                return await _caused_by(listener, order_id)
        except TimeoutError:
            return None

    def _enveloped(self, order: Message, tenant: str) -> Envelope:
        return Envelope(
            id=f"{self._process.random.getrandbits(128):032x}",
            at=self._process.clock.now(),
            tenant=tenant,
            type=order.address,
            data=encode(order),
            traceparent=current_traceparent(),
        )


def _chosen(view: DeploymentView, wanted: tuple[Choose, Decision], who: Caller) -> Chosen:
    choose, decision = wanted
    try:
        chosen = choose(view, decision, who.principal.subject)
    except Unclear as unclear:
        raise Problem(409, unclear.detail, unclear.code, {"awaiting": view.awaiting}) from unclear
    if chosen.asks_approver:
        permission = may_approve(who.principal, who.principal.tenant, chosen.roles, who.grants)
        if not permission.is_allowed:
            raise Problem(403, permission.reason, "role_required")
    return chosen


def is_asked(view: DeploymentView, who: Principal) -> bool:
    """Whether anything in the deployment waits, waited or will wait for somebody with one of the principal's roles."""
    steps = (step for target in view.targets for step in (*target.before, *target.steps, *target.after))
    return any(has_any(who, one.roles) for one in (*view.awaiting, *steps))


async def _caused_by(listener: Listener, order_id: str) -> Fact:
    while (fact := await listener.next_fact()).envelope.cause != order_id:
        pass
    return fact
