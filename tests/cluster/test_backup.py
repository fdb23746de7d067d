"""A real cluster that comes back from a backup of etcd in the middle of a canary."""

from pathlib import Path

import pytest

from tests.cluster.objects import NEW, OLD, PODS, deployment
from tests.cluster.stage import Size, Stage, approved_canary
from tests.e2e.person import at_the_pause

pytestmark = pytest.mark.timeout(300)


async def test_canary_goes_on_in_a_cluster_from_a_backup(lone: Stage, tmp_path: Path) -> None:
    """From before its first pod: versions, marks and the new ReplicaSet are gone, and its step comes true again."""
    await lone.deployed(deployment(OLD))
    await lone.cluster.back_up(tmp_path / "backup")
    started = await lone.person.start(lone.file([deployment(NEW)], approved_canary()))
    await lone.person.sees(started, at_the_pause)
    canary = await lone.sizes()
    await lone.cluster.restore(tmp_path / "backup")
    assert await lone.sizes() != canary, "what was written since is gone"

    async def is_again() -> bool:
        return await lone.sizes() == canary

    await lone.becomes(is_again)
    await lone.approve(started)
    code, story = await lone.person.story(started)
    assert (code, await lone.sizes()) == (0, [Size(NEW, PODS, PODS)]), story
