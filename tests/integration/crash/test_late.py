"""A create that got no answer is carried out long after: whatever became of its steering, it undoes nothing."""

import asyncio

from libs.durable.ports import Unavailable
from libs.link.port import Answer, Lost
from libs.messages.agent import Ask
from tests.integration.crash.plane import Plane, meanwhile, planes
from tests.integration.crash.releases import CONFIG, MANIFEST, MISSING, TARGETS, never, stable
from tests.integration.crash.skipping import run
from tests.integration.crash.trouble import Trouble

LATE_SECONDS = 100.0
SETTINGS = f"/api/v1/namespaces/{TARGETS[0]}/configmaps"
MADE = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: '1'}}"


class HeldUp(Trouble):
    """The first apply of the settings is carried out late; at the next the bus is away, and steering begins again."""

    def __init__(self, plane: Plane) -> None:
        super().__init__(plane.link, lambda _: None)
        self._plane = plane
        self._asked = 0
        self.late: asyncio.Task[None] | None = None

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer:
        if ask.method == "PATCH" and ask.path.startswith(SETTINGS):
            self._asked += 1
            if self._asked == 1:
                self.late = asyncio.create_task(self._carry_out(ask))
                raise Lost("no answer")
            if self._asked == 2:
                raise Unavailable("no leader")
        return await super().ask(tenant, agent, ask)

    async def _carry_out(self, ask: Ask) -> None:
        await self._plane.clock.sleep(LATE_SECONDS)
        async for frame in self._plane.cluster.answer(ask):
            assert frame.last


async def returned() -> tuple[bool, list[str]]:
    """Whether the late create came, and which settings are left after a release that went back."""
    async with planes() as plane:
        await stable(plane)
        plane.link = link = HeldUp(plane)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await plane.start("d2", CONFIG, MANIFEST.replace("IMAGE", MISSING), MADE)
            await plane.ended(key)
            await plane.settled()
        left = (await plane.cluster.ask("GET", SETTINGS))["items"]
        came = link.late is not None and link.late.done()
        return came, [one["metadata"]["name"] for one in left]


def test_late_create_brings_nothing_back_though_steering_began_again() -> None:
    assert run(returned()) == (True, [])
