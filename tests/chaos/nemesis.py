"""What goes wrong next, drawn from a seed: deaths, pauses and bad lines, and every fourth interval nothing."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

from tests.chaos import nodes
from tests.chaos.bus import Bus
from tests.chaos.disk import Disks
from tests.chaos.line import FAIR, FOUL, Weather
from tests.chaos.plant import Plant
from tests.chaos.story import Story

_CRASH_POINTS = (
    ("evt.deployment.started", ("intake", "planner")),
    ("evt.deployment.target-started", ("planner", "executor")),
    ("evt.rollout.started", ("executor", "planner")),
    ("evt.rollout.step-started", ("executor", "gateway")),
    ("evt.rollout.step-ended", ("executor", "planner")),
    ("evt.rollout.landed", ("executor", "planner")),
    ("evt.rollout.returning", ("executor", "gateway")),
    ("evt.webhook.called", ("webhooks",)),
    ("evt.analysis.measured", ("evaluator",)),
    ("evt.deployment.target-ended", ("planner",)),
)
"""A fact, and whose process dies the moment it is on the bus: what follows from it is then half done."""

_QUIET_EVERY = 4


class Nemesis:
    def __init__(self, plant: Plant, bus: Bus, disks: Disks, chance: random.Random, story: Story) -> None:
        self._plant = plant
        self._bus = bus
        self._disks = disks
        self._chance = chance
        self._story = story
        self._busy: set[str] = set()
        """Who is being dealt with: nobody is struck twice at once."""
        self._strikes: tuple[tuple[int, Callable[[], Awaitable[None]]], ...] = (
            (24, self._kill_service),
            (24, self._kill_at_a_fact),
            (8, self._kill_all_of_a_noun),
            (8, self._kill_node),
            (8, self._kill_leader),
            (4, self._kill_most_nodes),
            (4, self._kill_all_nodes),
            (6, self._kill_agent),
            (3, self._kill_cluster),
            (5, self._kill_twice),
            (14, self._pause),
            (14, self._spoil_a_line),
            (6, self._isolate_node),
            (6, self._isolate_service),
            (3, self._fill_disks),
        )

    async def run(self, kills: int, seconds: float) -> None:
        """Until there were so many kills, or the time is over; what is still under way is then undone."""
        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                hands = [group.create_task(self._hand()) for _ in range(2)]
                await self._story.has_killed(kills)
                for hand in hands:
                    hand.cancel()
        except TimeoutError:
            self._story.tell(
                "nemesis", f"ended after {seconds:.0f} s with {self._story.kills.total()} of {kills} kills"
            )
        finally:
            await self._heal()

    async def _hand(self) -> None:
        """One of two, so that some faults meet."""
        rounds = 0
        while True:
            rounds += 1
            if rounds % _QUIET_EVERY == 0:
                self._story.tell("quiet", "for a while")
                await asyncio.sleep(self._chance.uniform(3, 6))
                continue
            weights, strikes = zip(*self._strikes, strict=True)
            (strike,) = self._chance.choices(strikes, weights)
            await strike()
            await asyncio.sleep(self._chance.uniform(0.3, 2))

    async def _heal(self) -> None:
        self._story.tell("heal", "everything")
        for line in self._plant.lines.values():
            line.become(FAIR)
        for name in self._plant.names:
            if self._plant.is_running(name):
                self._plant.resume(name)
            else:
                self._plant.start(name)

    async def _kill_service(self) -> None:
        await self._die("service", self._pick(self._plant.services))

    async def _kill_agent(self) -> None:
        await self._die("agent", self._pick(self._plant.agents))

    async def _kill_cluster(self) -> None:
        await self._die("cluster", self._pick(self._plant.clusters), longest=0.5)

    async def _kill_all_of_a_noun(self) -> None:
        noun = self._chance.choice(sorted(self._plant.shape.services))
        await self._die("all of a service", [name for name in self._free(self._plant.services) if _noun(name) == noun])

    async def _kill_at_a_fact(self) -> None:
        address, nouns = self._chance.choice(_CRASH_POINTS)
        if await self._bus.next(address, seconds=4) is None:
            return
        noun = self._chance.choice(nouns)
        victims = [name for name in self._free(self._plant.services) if _noun(name) == noun]
        self._story.tell("at a fact", f"{address}: {', '.join(victims)}")
        await self._die("at a fact", victims)

    async def _kill_twice(self) -> None:
        """Once more while it starts."""
        for name in self._pick(self._plant.services):
            await self._die("service", [name], longest=0.1)
            await asyncio.sleep(self._chance.uniform(0.1, 1.5))
            await self._die("while it starts", self._free([name]))

    async def _kill_node(self) -> None:
        await self._die("NATS node", self._pick(nodes.NAMES))

    async def _kill_leader(self) -> None:
        name = await nodes.leader(self._plant.nodes)
        await self._die("NATS leader", self._free([name] if name else []))

    async def _kill_most_nodes(self) -> None:
        await self._die("NATS majority", self._pick(nodes.NAMES, 2))

    async def _kill_all_nodes(self) -> None:
        await self._die("all NATS nodes", self._pick(nodes.NAMES, 3))

    async def _die(self, kind: str, names: Sequence[str], longest: float = 2.5) -> None:
        """All at once; they come back one after the other, in any order."""
        victims = self._free(names)
        self._busy.update(victims)
        try:
            for name in victims:
                self._kill(name, kind)
            await self._come_back(victims, longest)
        finally:
            self._busy.difference_update(victims)

    async def _come_back(self, victims: Sequence[str], longest: float) -> None:
        for name in self._chance.sample(victims, len(victims)):
            await asyncio.sleep(self._chance.uniform(0, longest))
            self._plant.start(name)

    def _kill(self, name: str, kind: str) -> None:
        self._plant.kill(name)
        self._story.killed(kind, name)

    async def _pause(self) -> None:
        names = self._pick((*self._plant.services, *self._plant.agents, *nodes.NAMES))
        seconds = self._chance.uniform(0.5, 10)
        self._busy.update(names)
        try:
            for name in names:
                self._story.struck("SIGSTOP", f"{name} for {seconds:.1f} s")
                self._plant.pause(name)
            await asyncio.sleep(seconds)
        finally:
            for name in names:
                self._plant.resume(name)
            self._busy.difference_update(names)

    async def _spoil_a_line(self) -> None:
        """One line of any, by chance the one between agents and gateways."""
        names = [name for name in sorted(self._plant.lines) if not name.startswith("nats")]
        name = self._chance.choice([*names, *["agents>gateway"] * (len(names) // 2)])
        if self._chance.random() < 0.2:
            self._story.struck("reset", name)
            self._plant.lines[name].reset()
            return
        await self._spoil([name], self._chance.choice(FOUL))

    async def _isolate_node(self) -> None:
        """From its peers, and from clients too or not."""
        (node,) = self._chance.sample(nodes.NAMES, 1)
        with_clients = self._chance.random() < 0.5
        lines = [name for name in self._plant.lines if node in name and (with_clients or name.startswith("nats"))]
        await self._spoil(lines, self._chance.choice([one for one in FOUL if not one.bytes_per_second]))

    async def _isolate_service(self) -> None:
        for service in self._pick(self._plant.services):
            lines = [name for name in self._plant.lines if name.startswith(f"{service}>")]
            await self._spoil(lines, self._chance.choice(FOUL))

    async def _spoil(self, lines: Sequence[str], weather: Weather) -> None:
        seconds = self._chance.uniform(0.5, 8)
        shown = lines[0] if len(lines) == 1 else f"{len(lines)} lines as {lines[0]}"
        self._story.struck(weather.name, f"{shown} for {seconds:.1f} s")
        for name in lines:
            self._plant.lines[name].become(weather)
        try:
            await asyncio.sleep(seconds)
        finally:
            for name in lines:
                self._plant.lines[name].become(FAIR)

    async def _fill_disks(self) -> None:
        """JetStream switches itself off for want of room; a node whose disk has room again is started again."""
        names = self._pick(self._disks.names, self._chance.choice((1, 1, 2, 3)))
        if not names:
            return
        self._busy.update(names)
        try:
            self._story.struck("full disk", ", ".join(names))
            self._disks.fill(names)
            await asyncio.sleep(self._chance.uniform(2, 6))
        finally:
            self._disks.heal()
            for name in names:
                self._kill(name, "after a full disk")
            self._busy.difference_update(names)
        await self._come_back(names, longest=0.5)

    def _free(self, names: Sequence[str]) -> list[str]:
        """Those of them that live, and with whom nothing is being done."""
        return [name for name in names if name not in self._busy and self._plant.is_running(name)]

    def _pick(self, names: Sequence[str], count: int = 1) -> list[str]:
        free = self._free(names)
        return self._chance.sample(free, min(count, len(free)))


def _noun(name: str) -> str:
    return name.rpartition("-")[0]
