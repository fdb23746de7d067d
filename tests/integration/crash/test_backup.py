"""A cluster comes back from a backup while a release is under way: its versions and what was written since are gone."""

import asyncio
from pathlib import Path
from shutil import copytree

from sandbox.server import Options, running
from tests.integration.crash.plane import Plane, meanwhile, planes
from tests.integration.crash.releases import CONFIG, MANIFEST, NEW, OLD, TARGETS, never, stable
from tests.integration.crash.skipping import LoopClock, run

PAUSED = CONFIG.replace("duration: 10, unit: seconds", "duration: 10, unit: minutes")


async def come_back(plane: Plane, backup: Path, over: asyncio.Event) -> None:
    """Stand on the backup until all is over."""
    async with running(Options(nodes=2, state_dir=backup), LoopClock()) as (api, cluster):
        await plane.cluster.replace(api, cluster)
        await over.wait()


async def restored(folder: Path) -> tuple[dict[str, int], str, dict[str, int]]:
    """What runs in the pause of a release under which its cluster came back from before it, and how all that ends."""
    over = asyncio.Event()
    async with planes(folder / "state") as plane, asyncio.TaskGroup() as group:
        await stable(plane)
        copytree(folder / "state", folder / "backup")
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await plane.start("d2", PAUSED, MANIFEST.replace("IMAGE", NEW))
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 2)
            await plane.settled()
            group.create_task(come_back(plane, folder / "backup", over))
            await plane.settled()
            between = plane.cluster.live()
            await plane.ended(key)
            await plane.settled()
        outcome = await plane.outcome(key)
        over.set()
    return between, outcome.deployment, outcome.live


def test_release_goes_on_in_a_cluster_from_a_backup(tmp_path: Path) -> None:
    between, state, live = run(restored(tmp_path))
    assert between == {f"staging {OLD}": 1, f"staging {NEW}": 1, f"prod {OLD}": 2}
    assert (state, live) == ("succeeded", {f"{name} {NEW}": 2 for name in TARGETS})
