"""Every service in a process of its own; of two executors the one that steers a canary is killed."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from libs.messages.subject import PARTITIONS, partition_of
from tests.e2e.fleet import assert_only_forward, fleets
from tests.e2e.person import on_the_way, target
from tests.e2e.plane import EXECUTORS, Plane, plane
from tests.e2e.releases import REPLICAS, Releases
from tests.e2e.story import weights

pytestmark = pytest.mark.timeout(300)


def steering(plane: Plane) -> str:
    """Which executor holds the partition of the application, from what each says of itself."""
    partition, holder = partition_of("main", "shop", PARTITIONS), {}
    for name in EXECUTORS:
        for line in map(json.loads, plane.log(name).splitlines()):
            if line.get("name") == "executor" and line.get("partition") == partition:
                holder[name] = line["event"] == "partition_acquired"
    (found,) = (name for name, holds in holder.items() if holds)
    return found


async def test_other_executor_takes_over_and_ends(tmp_path: Path) -> None:
    releases = Releases(tmp_path / "shop")
    async with plane(tmp_path / "state") as around:
        await around.start_apart()
        person = around.person
        await person.deployed(releases.first("staging"))
        canary = await person.start(releases.canary(pause=1, only="staging"))
        before = target(await person.sees(canary, on_the_way), "staging").rollout
        around.kill(steering(around))
        at_the_kill = fleets(around.cluster)[-1]
        code, story = await person.story(canary)
        after = target(await person.sees(canary, lambda view: view.ended_at is not None), "staging").rollout

    assert code == 0, story
    assert weights(story, "staging") == [25, 50, 100], story
    seen = fleets(around.cluster)
    assert 0 < at_the_kill.new < REPLICAS, "the kill came in the middle"
    assert_only_forward(seen)
    assert (seen[-1].new, seen[-1].old, seen[-1].ready) == (REPLICAS, 0, REPLICAS)
    assert all(one.epoch <= other.epoch for one, other in pairwise(seen))
    assert seen[-1].epoch > at_the_kill.epoch
    assert before is not None
    assert after is not None
    assert after.epoch > before.epoch
