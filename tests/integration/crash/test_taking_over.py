"""Two executors between which the partition moves: one end, and no write of an older epoch after one of a newer."""

import asyncio
from random import Random

import pytest

from libs.link.port import Away
from tests.integration.crash.plane import Plane, meanwhile, planes
from tests.integration.crash.releases import (
    MISSING,
    NEW,
    Ended,
    assert_epochs_grow,
    assert_forward,
    never,
    order,
    release,
    stable,
)
from tests.integration.crash.skipping import run
from tests.integration.crash.trouble import Trouble

MOVES = 6
SEEDS = range(12)


async def moving(image: str, seed: int, overlap: float) -> Ended:
    """A release during which the partition goes to and fro; for `overlap` seconds both believe that they have it."""
    random = Random(seed)
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(plane.planner(never())), plane.holder("a") as a, plane.holder("b") as b:
            key = await order(plane, "d2", image)
            for number in range(MOVES):
                taking, leaving = (a, b) if number % 2 == 0 else (b, a)
                await taking.take()
                await asyncio.sleep(overlap)
                await leaving.leave()
                await asyncio.sleep(random.choice((0.0, 0.001, 0.05, 0.3, 4.0)))
            await plane.ended(key)
            await plane.settled()
        return Ended(await plane.outcome(key), plane.cluster, plane.pending())


@pytest.mark.parametrize("overlap", [0.0, 0.2, 5.0])
@pytest.mark.parametrize("image", [NEW, MISSING])
def test_partition_moves_to_and_fro(image: str, overlap: float) -> None:
    calm = run(release(image, never(), never()))
    highest = 0
    for seed in SEEDS:
        ended = run(moving(image, seed, overlap))
        assert (ended.outcome, ended.pending) == (calm.outcome, 0), f"seed {seed}"
        assert_epochs_grow(ended.cluster)
        if image == NEW:
            assert_forward(ended)
        highest = max(highest, *(epoch for epochs in ended.cluster.marks.values() for epoch in epochs))
    assert highest >= 3


async def returned(plane: Plane) -> None:
    """A rollout in its pause, whose partition goes from a to b and back, while its agent cannot be asked."""
    await stable(plane)
    async with meanwhile(plane.planner(never())), plane.holder("a") as a, plane.holder("b") as b:
        await a.take()
        key = await order(plane, "d2", NEW)
        await plane.until(key, "staging", lambda rollout: rollout.step == 2)
        plane.link = Trouble(plane.link, lambda _: Away("no stream"))
        await a.leave()
        await b.take()
        await plane.until(key, "staging", lambda rollout: rollout.process.startswith("b-"))
        await b.leave()
        await a.take()
        began = plane.clock.monotonic()
        await plane.until(key, "staging", lambda rollout: rollout.process.startswith("a-"))
        assert plane.clock.monotonic() - began < 1


def test_partition_that_comes_back_is_steered() -> None:
    async def main() -> None:
        async with planes() as plane:
            await returned(plane)

    run(main())
