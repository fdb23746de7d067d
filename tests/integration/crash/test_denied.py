"""A right that is missing ends a release, unless the API server has only just started and not read its roles yet."""

from contextlib import AbstractAsyncContextManager

import msgspec
import pytest

from libs.link.port import Answer, Link, Stream
from libs.messages.agent import Ask
from tests.integration.crash.plane import meanwhile, planes
from tests.integration.crash.releases import NEW, TARGETS, never, order, stable
from tests.integration.crash.skipping import run

SAID = 'replicasets.apps is forbidden: User "system:serviceaccount:a:b" cannot patch resource "replicasets"'
STATUS = {"kind": "Status", "status": "Failure", "reason": "Forbidden", "message": SAID, "code": 403}


class Denying:
    """An agent in whose cluster nobody may do anything for a while; watches that are open stay so."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.is_denied = False

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        if self.is_denied:
            return Answer(403, {}, msgspec.json.encode(STATUS))
        return await self._link.ask(tenant, agent, ask)

    def stream(self, tenant: str, agent: str, ask: Ask) -> AbstractAsyncContextManager[Stream]:
        return self._link.stream(tenant, agent, ask)


async def denied(seconds: float) -> tuple[str, str]:
    """How a release ends from whose second step on everything is forbidden for a while, and why."""
    async with planes() as plane:
        await stable(plane)
        plane.link = link = Denying(plane.link)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 1)
            link.is_denied = True
            await plane.clock.sleep(seconds)
            link.is_denied = False
            await plane.ended(key)
        return str((await plane.deployment(key)).phase), (await plane.rollout(key, TARGETS[0])).reason


@pytest.mark.parametrize(("seconds", "phase", "reason"), [(8, "succeeded", ""), (40, "failed", SAID)])
def test_missing_right_is_believed_in_time(seconds: float, phase: str, reason: str) -> None:
    ended, why = run(denied(seconds))
    assert ended == phase
    assert reason in why
