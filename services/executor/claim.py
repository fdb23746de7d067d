"""A rollout's record, claimed by one steering: what it says, and telling it what was seen while the claim stands."""

from libs.durable.commit import Shell
from libs.durable.steerings import Stopped, Tenure
from libs.messages.message import Message
from libs.messages.rollout import Broken, Claimed, Hindered
from libs.rollout.state import Rollout, is_terminal
from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.objects import Identity, Object
from services.executor.earlier import earlier_secrets
from services.executor.papers import Papers
from services.executor.patience import Patience

FRESH_SECONDS = 5.0
"""For how long what the leader said is believed before something is written to a cluster."""

_REASON_MOST = 400


class Claim:
    """Who holds it writes under its name; `Stopped` once another process does."""

    def __init__(self, rollouts: Shell[Rollout], tenure: Tenure) -> None:
        self.key = tenure.key
        self.patience = Patience(rollouts.clock)
        self._rollouts = rollouts
        self._tenure = tenure
        self._goal = -1
        self._known = 0.0
        """When the leader was last asked, by this process's monotonic seconds."""

    async def load(self) -> Rollout:
        """As the leader has it, whoever holds it."""
        loaded = await self._rollouts.load(self.key)
        self._known = self._rollouts.clock.monotonic()
        return loaded.state

    async def take(self, rollout: Rollout) -> None:
        await self.tell(rollout, Claimed(target=rollout.target, process=self._tenure.name))

    async def recall(self) -> Rollout:
        """As this process last knew it, lately: one that was stopped for a while would go on with what is long over.

        A new goal is given time again.
        """
        is_fresh = self._rollouts.clock.monotonic() - self._known <= FRESH_SECONDS
        rollout = (await self._rollouts.recall(self.key)).state if is_fresh else await self.load()
        if rollout.process != self._tenure.name and not is_terminal(rollout):
            raise Stopped
        if rollout.goal != self._goal:
            self._goal, self._tenure.failures = rollout.goal, 0
            self.patience.begin()
        return rollout

    async def tell(self, rollout: Rollout, seen: Message) -> None:
        await self._rollouts.apply(self.key, seen, self._tenure.cause(seen, rollout.goal))

    async def earlier_secrets(self, objects: tuple[Object, ...], seen: Seen, papers: Papers) -> dict[Identity, Object]:
        """What the records of earlier rollouts know of Secrets that this one replaces."""
        return await earlier_secrets(objects, seen, self.key, self._rollouts, papers)

    async def hindered(self, rollout: Rollout, reason: str) -> None:
        """Say why the goal is not true, once patience has run out and where the reason is another one."""
        if self.patience.left or not reason or reason == rollout.hindrance:
            return
        await self.tell(rollout, Hindered(target=rollout.target, goal=rollout.goal, reason=reason))
        self.patience.told()

    async def failed(self, error: Exception, is_final: bool) -> None:
        """Say that the executor itself fails; finally, that it is broken."""
        rollout = await self.load()
        if rollout.process == self._tenure.name:
            reason = f"the executor fails at this rollout: {type(error).__name__}: {error}"[:_REASON_MOST]
            seen = Broken if is_final else Hindered
            await self.tell(rollout, seen(target=rollout.target, goal=rollout.goal, reason=reason))
