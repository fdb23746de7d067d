"""What the executor does with messages: tell the rollout's machine, keep it steered, show people what is seen."""

from functools import partial

import msgspec

from libs.durable.ports import Bus, Store
from libs.durable.steerings import Steerings, Work
from libs.messages.subject import live_subject
from libs.rollout.state import Rollout, is_live
from libs.runtime.log import logger
from services.executor.progress import live_target
from services.executor.steering import Steering, Tools

LIVE_SECONDS = 1.0
"""How often people are shown what changed."""

_log = logger()


class Executor:
    """Walks rollouts."""

    def __init__(self, tools: Tools, store: Store, bus: Bus) -> None:
        self._tools = tools
        self._bus = bus
        work = Work(is_live, partial(Steering, tools), self._show)
        self.steerings: Steerings[Rollout, Steering] = Steerings(tools.rollouts, store, tools.process, work)

    async def run(self) -> None:
        """Own the steerings until cancelled, and show people what they see."""
        async with self.steerings.kept():
            while True:
                await self._tools.clock.sleep(LIVE_SECONDS)
                for steering in [one for one in self.steerings.present if one.shown != one.looks]:
                    await self._show(steering)

    async def _show(self, steering: Steering) -> None:
        steering.shown = steering.looks
        if steering.sight is None:
            return
        try:
            rollout = (await self._tools.rollouts.recall(steering.key)).state
            sight, now = steering.sight, self._tools.clock.now()
            seen = live_target(rollout, sight.seen(), now, steering.away_since, sight.last_seen)
            await self._bus.publish(live_subject(steering.key), msgspec.json.encode(seen))
        except Exception as error:  # noqa: BLE001 - what people are shown must never stop what is done
            _log.warning("rollout_not_shown", deployment=steering.key.deployment, error=repr(error))
