"""A service that stops at any call of a port leaves what its successor finishes: told once, called under known ids."""

import asyncio
import itertools
from functools import partial

import pytest

from libs.messages.webhook import CallBack
from libs.spec.model import Webhook
from libs.webhook.state import Phase
from tests.crash import Fuse
from tests.integration.crash.plane import NEVER, meanwhile, twice
from tests.integration.crash.skipping import run
from tests.integration.webhooks.stage import Ended, Stage
from tests.integration.webhooks.world import RUN


async def used(fuse: Fuse) -> Ended:
    """One use of a webhook, from its order to the end."""
    stage = Stage()
    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(stage.broker.run())
        await stage.start(Webhook(uri="https://ci.test/", retries=1))
        async with meanwhile(twice(partial(Stage.live, stage), fuse)):
            await stage.until(Phase.WAITING)
            stage.say(CallBack(run=RUN, success=True, by="ci", id="c1"))
            await stage.until(Phase.SUCCEEDED, Phase.FAILED)
            await stage.clock.sleep(60)
        ticking.cancel()
    return stage.ended()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_anywhere_ends_the_same(after: bool) -> None:
    calm = run(used(Fuse(NEVER, after=False)))
    assert calm.facts == {"evt.webhook.called": 1, "evt.webhook.succeeded": 1}
    assert (calm.pending, len(calm.deliveries), len(set(calm.deliveries))) == (0, 2, 2)
    for number in itertools.count(1):
        fuse = Fuse(number, after)
        ended = run(used(fuse))
        if not fuse.blown:
            break
        assert (ended.facts, ended.pending) == (calm.facts, 0), f"stopped at call {number}"
        assert list(dict.fromkeys(ended.deliveries)) == calm.deliveries, f"stopped at call {number}"
        assert len(ended.deliveries) <= 3
    assert number > 15
