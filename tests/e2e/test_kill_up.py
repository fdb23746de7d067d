"""Everything dies at once in the middle of a canary, and is started again on the same folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from libs.api.view import DeploymentView
from tests.e2e.fleet import assert_only_forward, fleets
from tests.e2e.installation import capacity_writes, installed
from tests.e2e.person import at_the_pause, on_the_way
from tests.e2e.releases import REPLICAS, Releases
from tests.e2e.story import weights

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(("moment", "pause"), [(at_the_pause, 8), (on_the_way, 1)])
async def test_canary_survives_kill_of_everything(
    moment: Callable[[DeploymentView], bool], pause: int, tmp_path: Path
) -> None:
    releases = Releases(tmp_path / "shop")
    async with installed(tmp_path / "state") as (installation, person):
        await person.deployed(releases.first("staging"))
        canary = await person.start(releases.canary(pause=pause, only="staging"))
        await person.sees(canary, moment)
        writes = await capacity_writes(installation.cluster_url("staging"))
        await installation.kill()
        at_the_kill = fleets(installation.cluster("staging"))

        person = await installation.start()
        code, story = await person.story(canary)
        writes_after = await capacity_writes(installation.cluster_url("staging"))
        assert installation.stop() == 0

    assert code == 0, story
    assert weights(story, "staging") == [25, 50, 100], story
    after = fleets(installation.cluster("staging"))
    assert 0 < at_the_kill[-1].new < REPLICAS, "the kill came in the middle"
    assert_only_forward(after)
    assert (after[-1].new, after[-1].old, after[-1].ready) == (REPLICAS, 0, REPLICAS)
    assert after[-1].epoch > at_the_kill[-1].epoch
    assert writes
    assert writes_after
    assert all(abs(size - before) == 1 for before, size in writes + writes_after), "one pod at a time: maxSurge is 1"
