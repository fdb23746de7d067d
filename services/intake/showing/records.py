"""What intake reads before it answers: always the leader's last record, so that nobody sees the past twice."""

from collections.abc import Iterable

import msgspec

from libs.analysis.machine import MACHINE as ANALYSIS
from libs.analysis.state import Run as Analysing
from libs.deployment.lock import Lock, lock_subject
from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import Deployment, TargetPhase, is_terminal
from libs.durable.ports import Store
from libs.durable.record import Loaded, load
from libs.messages.subject import Key, state_subject
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.rollout.state import Rollout
from services.intake.accepting.acceptance import Standing, Submission, submission_subject
from services.intake.following.feed import events_of
from services.intake.showing.view import Seen

_NOT_BEGUN = frozenset({TargetPhase.WAITING, TargetPhase.BEFORE})

_submissions = msgspec.json.Decoder(Submission)
_locks = msgspec.json.Decoder(Lock)


class Records:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def submission(self, key: Key) -> Submission | None:
        stored = await self._store.last(submission_subject(key))
        return _submissions.decode(stored.data) if stored else None

    async def standing(self, key: Key, application: str) -> Standing:
        """Who has the application; one that has ended holds it for who waits until the planner has handed it on."""
        stored = await self._store.last(lock_subject(key, application))
        if stored is None:
            return Standing()
        lock = _locks.decode(stored.data)
        waiting = lock.waiting if lock.waiting and await self._is_open(key, lock.waiting) else ""
        holder = lock.holder if waiting or await self._is_open(key, lock.holder) else ""
        return Standing(holder, waiting, stored.sequence)

    async def seen(self, key: Key) -> tuple[Seen, Submission] | None:
        """Everything that is committed about a deployment; None where there is none."""
        kept = await self._store.last(submission_subject(key))
        if kept is None:
            return None
        submission = _submissions.decode(kept.data)
        deployment = await self._deployment(key)
        walked = await self._rollouts(key, deployment.state)
        seen = Seen(
            id=key.deployment,
            application=submission.application,
            by=submission.by,
            started_at=kept.at,
            revision=max(kept.sequence, deployment.revision, *(rollout.revision for rollout in walked)),
            deployment=deployment,
            rollouts={rollout.state.target: rollout for rollout in walked},
        )
        return seen, submission

    async def analyses(self, key: Key, runs: Iterable[str]) -> dict[str, Analysing]:
        """What is committed about a deployment's analyses, by the names of their runs; without those that are not."""
        found = {run: await self._store.last(state_subject(ANALYSIS.noun, key.of_target(run))) for run in runs}
        return {run: load(ANALYSIS, stored).state for run, stored in found.items() if stored}

    async def last_event(self, key: Key) -> int:
        """The place in the stream of the newest thing said about a deployment; 0 where nothing was."""
        return max((stored.sequence for stored in await self._store.lasts([events_of(key)])), default=0)

    async def _deployment(self, key: Key) -> Loaded[Deployment]:
        stored = await self._store.last(state_subject(DEPLOYMENT.noun, key))
        return load(DEPLOYMENT, stored) if stored else Loaded(DEPLOYMENT.initial)

    async def _rollouts(self, key: Key, deployment: Deployment) -> list[Loaded[Rollout]]:
        """One by one, from the leader: a list of them all may come from a copy that is behind."""
        begun = [target.plan.name for target in deployment.targets if target.phase not in _NOT_BEGUN]
        reads = [await self._store.last(state_subject(ROLLOUT.noun, key.of_target(name))) for name in begun]
        return [load(ROLLOUT, stored) for stored in reads if stored]

    async def _is_open(self, key: Key, deployment: str) -> bool:
        return not is_terminal((await self._deployment(Key(key.tenant, key.partition, deployment))).state)
