"""Who hands releases in and decides about them, with a client that repeats what it got no answer to."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from msgspec import Struct

from libs.api.request import Decision
from libs.api.view import DeploymentView
from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import Deployment
from libs.durable.commit import Shell
from libs.durable.ports import Unavailable, Unknown
from libs.messages.subject import PARTITIONS, Key
from libs.runtime.problem import Problem
from services.intake.accepting.acceptance import key_of_id
from tests.crash import Crashed
from tests.integration.transcripts.services import TOKENS
from tests.simulation.ports.process import Process
from tests.simulation.world.door import Door
from tests.simulation.world.leaves import leaves
from tests.simulation.world.releases import TENANT, Release
from tests.simulation.world.world import World

Result = TypeVar("Result")

RETRY_SECONDS = 2.0
ANSWER_SECONDS = 30.0
GIVES_UP_AFTER = 40
_ORDERS = ("abort", "advance", "approve", "pause", "reject", "resume", "rollback")
_PASSING = (Unavailable, Unknown, Crashed, TimeoutError)


class Handed(Struct):
    """A release that was accepted."""

    release: Release
    key: Key
    orders: list[str] = []
    """What people asked of it and were not refused."""
    shown: int = 0
    """The newest revision that they were shown."""


async def _call_back(address: str, success: bool, door: Door) -> None:
    await door.call_back(TOKENS, address, success)


class People:
    def __init__(self, world: World) -> None:
        self.tried: list[Release] = []
        """What was handed in, whether or not anybody was told what became of it."""
        self.handed: list[Handed] = []
        self.refused: Counter[str] = Counter()
        """Codes of the refusals."""
        self.disturbs = False
        """Whether anything that is called has answered that it failed."""
        self._world = world
        self._random = world.random("people")
        self._door: Door | None = None
        self._is_calm = False
        self._records = Shell(DEPLOYMENT, world.store, world.clock)

    async def serve_door(self, world: World, process: Process) -> None:
        """Intake's process: see `World.keep`."""
        self._door = door = Door(world, process)
        await door.feed.run(world.broker.last_sequence)

    def calm_down(self) -> None:
        """From now on everybody is diligent."""
        self._is_calm = True

    async def release(self, release: Release) -> None:
        """Hand it in, and decide about it until it has ended."""
        self.tried.append(release)
        handed = await self._hand_in(release)
        if handed is not None:
            self.handed.append(handed)
            await self._mind(handed)

    async def state(self, key: Key) -> Deployment:
        return (await self._records.load(key)).state

    async def answer_calls(self) -> None:
        """What is called answers at the address that it was given, at some time, now and then twice or badly."""
        answered: set[str] = set()
        while True:
            await asyncio.sleep(self._random.uniform(1, self._world.scope.look_seconds))
            for address in [one for one in dict.fromkeys(self._world.outside.callbacks) if one not in answered]:
                success = self._is_calm or self._random.random() < 0.9
                self.disturbs = self.disturbs or not success
                for _ in range(self._random.choice((1, 1, 2))):
                    await self._try(partial(_call_back, address, success))
                answered.add(address)

    async def _hand_in(self, release: Release) -> Handed | None:
        """One idempotency key, however often it is sent."""
        times = self._random.choice((1, 1, 1, 2))
        name, accepted = f"release-{release.number}", None
        for _ in range(times):
            accepted = await self._try(lambda door: door.start("ann", release.request, name))
        if accepted is None:
            return None
        key = key_of_id(TENANT, accepted.id, PARTITIONS)
        assert key is not None
        self._world.diary.note("people", f"release {release.number} ({release.image}) is {accepted.id[:8]}")
        return Handed(release, key)

    async def _mind(self, handed: Handed) -> None:
        while not DEPLOYMENT.is_terminal(await self.state(handed.key)):
            await asyncio.sleep(self._random.uniform(1, self._world.scope.look_seconds))
            await self._decide(handed)

    async def _decide(self, handed: Handed) -> None:
        view = await self._try(lambda door: door.view(handed.key))
        if view is None:
            return
        if view.revision < handed.shown:
            self._world.problems.append(f"INV-26 revision {view.revision} was shown after {handed.shown}")
        handed.shown = max(handed.shown, view.revision)
        verb = self._mood(handed.release.temper, view)
        if verb:
            await self._order(handed, view, verb)

    def _mood(self, temper: str, view: DeploymentView) -> str:
        asked, random = bool(view.awaiting), self._random
        if temper == "diligent" or self._is_calm:
            held = any(target.rollout and target.rollout.held_by for target in view.targets)
            return "approve" if asked else "resume" if held else ""
        if temper == "wavering":
            return random.choice(("approve", "reject", "")) if asked else random.choice(("", "", "pause", "resume"))
        return random.choice((*_ORDERS, "", "", ""))

    async def _order(self, handed: Handed, view: DeploymentView, verb: str) -> None:
        wanted = Decision()
        if verb in ("approve", "reject") and view.awaiting:
            asked = self._random.choice(view.awaiting)
            wanted = Decision(target=asked.target, stage=asked.stage, step=asked.step, gate=asked.gate)
        elif view.targets and verb not in ("abort",):
            wanted = Decision(target=self._random.choice(view.targets).name)
        decided = await self._try(lambda door: door.decide("ann", verb, wanted, handed.key), times=1)
        if decided is not None:
            handed.orders.append(verb)
            self._world.diary.note("people", f"{verb} {wanted.target} {decided.state}".replace("  ", " "))

    async def _try(self, call: Callable[[Door], Awaitable[Result]], times: int = GIVES_UP_AFTER) -> Result | None:
        """As a client does: again after no answer, never after a refusal."""
        for _ in range(times):
            try:
                return await self._asked(call)
            except Problem as problem:
                self.refused[problem.code] += 1
                if problem.status < 500:
                    return None
            except _PASSING:
                pass
            await asyncio.sleep(RETRY_SECONDS)
        return None

    async def _asked(self, call: Callable[[Door], Awaitable[Result]]) -> Result:
        """What the door answers. What it does not expect itself, its HTTP server would answer with 500."""
        if self._door is None:
            raise Unavailable("nobody listens")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await call(self._door)
        except BaseExceptionGroup as group:
            if not all(isinstance(one, Crashed) for one in leaves(group)):
                self._world.problems.append(f"the door answers 500: {group.exceptions!r}")
            raise Unavailable("500") from group
