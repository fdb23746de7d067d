"""One run: everything started, customers at work, the nemesis among them, then peace, and three witnesses compared."""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import yaml
from msgspec import Struct

from libs.durable.ports import Stored
from tests.chaos import said, seen
from tests.chaos.bus import Bus
from tests.chaos.complaint import complaints
from tests.chaos.counterpart import Counterpart, counterpart
from tests.chaos.customer import Customer, Told
from tests.chaos.disk import Disks, disks
from tests.chaos.nemesis import Nemesis
from tests.chaos.nodes import NAMES
from tests.chaos.observer import Observer
from tests.chaos.plant import Plant, Shape, plant
from tests.chaos.release import Outside
from tests.chaos.story import Story

CLUSTER = "staging"
_SHAPE = Shape(
    {
        "identity": 1,
        "gateway": 2,
        "intake": 2,
        "planner": 2,
        "executor": 2,
        "webhooks": 2,
        "evaluator": 1,
        "notifier": 1,
    },
    (CLUSTER,),
)
PEACE_SECONDS = 300.0
"""How long everything that was accepted may take to end once nothing goes wrong any more."""


class Plan(Struct, frozen=True):
    seed: int
    kills: int
    seconds: float
    """After which no more is struck, however few kills there were."""
    applications: tuple[str, ...]


class Outcome(Struct, frozen=True):
    story: Story
    told: tuple[Told, ...]
    answers: Counter[int]
    """What clients got, by status; 0: nothing."""
    slowest: float
    """Seconds until an answer, at most."""
    violations: dict[str, list[str]]
    """By what was asked; all of them empty is what must be."""
    facts: int
    records: int
    states: int
    """Of the cluster, as it was watched."""
    silence: float
    """Seconds, the longest between two facts."""
    idle: int
    """Wake-ups that nobody waits for."""
    peace: float
    """Seconds until all was at its end, once nothing went wrong any more."""
    left_out: str = ""

    @property
    def holds(self) -> bool:
        return not any(self.violations.values())


async def run(plan: Plan, folder: Path) -> Outcome:
    story = Story()
    async with AsyncExitStack() as stack:
        stores = {name: folder / name / "store" for name in NAMES}
        discs, left_out = stack.enter_context(disks(stores))
        outside = await stack.enter_async_context(counterpart())
        around = await stack.enter_async_context(plant(folder, _SHAPE))
        story.tell("start", f"{len(around.names)} processes")
        await _configure(around, outside, folder)
        return await _Run(plan, around, outside, story).run(discs, left_out)


async def _configure(around: Plant, outside: Counterpart, folder: Path) -> None:
    outside.person = around.person
    path = folder / "config.yml"
    provider = {"name": "metrics", "type": "prometheus", "url": outside.url}
    path.write_text(yaml.safe_dump({"metricProviders": [provider]}))
    applied = await around.person.fairlead("config", "apply", "-f", str(path))
    assert applied.returncode == 0, applied.stdout + applied.stderr


class _Run:
    def __init__(self, plan: Plan, around: Plant, outside: Counterpart, story: Story) -> None:
        self._plan = plan
        self._plant = around
        self._story = story
        self._bus = Bus(around.urls, story)
        self._observer = Observer(around.cluster_url(CLUSTER))
        place = Outside(outside.url, CLUSTER)
        self._customers = [
            Customer(name, random.Random(f"{plan.seed} {name}"), place, story) for name in plan.applications
        ]
        self._calls = outside

    @property
    def told(self) -> tuple[Told, ...]:
        return tuple(told for customer in self._customers for told in customer.told)

    async def run(self, discs: Disks, left_out: str) -> Outcome:
        async with asyncio.TaskGroup() as group:
            followers = [group.create_task(work) for work in (self._bus.run(), self._observer.run(), self._watch())]
            peace = await self._work(discs)
            everything = await self._read_all()
            for customer in self._customers:
                await customer.ask_again(self._plant.token)
            for follower in followers:
                follower.cancel()
        return self._judged(everything, peace, left_out)

    async def _work(self, discs: Disks) -> float:
        """Customers deploy while the nemesis strikes; how long all took to end afterwards."""
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        nemesis = Nemesis(self._plant, self._bus, discs, random.Random(self._plan.seed), self._story)
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(one.run(self._plant.intakes, self._plant.token, stop)) for one in self._customers]
            await nemesis.run(self._plan.kills, self._plan.seconds)
            stop.set()
            healed = loop.time()
            _, unfinished = await asyncio.wait(work, timeout=PEACE_SECONDS)
            for one in unfinished:
                one.cancel()
            return loop.time() - healed

    async def _watch(self) -> None:
        """Who ends by itself is written down, and started again."""
        while True:
            for name in self._plant.bury():
                self._story.tell("FELL", name)
            await asyncio.sleep(0.25)

    async def _read_all(self) -> list[Stored]:
        """Once nothing is armed any more: what ended last may still have a timer to cancel."""
        for _ in range(20):
            everything = await self._bus.everything()
            if not any(said.left_over(everything)):
                break
            await asyncio.sleep(1)
        return everything

    def _judged(self, everything: Sequence[Stored], peace: float, left_out: str) -> Outcome:
        told, states = self.told, self._observer.seen
        violations = {
            "clients were told the truth": [
                *said.told_wrong(told),
                *(shock for one in self._customers for shock in one.shocked),
            ],
            "lost": [*said.lost(told, everything)],
            "doubled": [*said.doubled(told, everything), *self._called_twice()],
            "records are whole": [*said.torn(everything)],
            "nothing is left over": [*said.left_over(everything)],
            "writes are fenced": [*seen.unfenced(states)],
            "the cluster was safe": [*seen.unsafe(states, told)],
            "the cluster is as promised": [*seen.unlike(states, told)],
            "only the killed died": list(self._plant.fallen),
            "nobody had to complain": [*complaints(self._plant.logs)],
        }
        figures = (
            len(self._bus.facts),
            len(everything),
            len(states),
            self._bus.longest_silence(),
            said.idle(everything),
            peace,
        )
        answers = sum((one.answers for one in self._customers), Counter[int]())
        slowest = max(one.slowest for one in self._customers)
        return Outcome(self._story, told, answers, slowest, violations, *figures, left_out)

    def _called_twice(self) -> list[str]:
        """A webhook may be called again, under the id that it had; another id were another call."""
        return [f"{run} was called as {sorted(ids)}" for run, ids in self._calls.deliveries.items() if len(ids) > 1]


def discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
