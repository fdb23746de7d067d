"""What intake reads before it answers: always the leader's last record, so that nobody sees the past twice."""

import msgspec

from libs.deployment.machine import MACHINE as DEPLOYMENT
from libs.deployment.state import Deployment, is_terminal
from libs.durable.ports import Store
from libs.messages.subject import Key, state_filter, state_subject
from libs.rollout.machine import MACHINE as ROLLOUT
from libs.rollout.state import Rollout
from services.intake.acceptance import Lock, Submission, lock_subject, submission_subject
from services.intake.feed import events_of
from services.intake.stored import state_of
from services.intake.view import Seen

_submissions = msgspec.json.Decoder(Submission)
_locks = msgspec.json.Decoder(Lock)


class Records:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def submission(self, key: Key) -> Submission | None:
        stored = await self._store.last(submission_subject(key))
        return _submissions.decode(stored.data) if stored else None

    async def lock(self, key: Key, application: str) -> tuple[str, int]:
        """Who holds the application, empty where nobody does any more, and the lock's revision."""
        stored = await self._store.last(lock_subject(key, application))
        if stored is None:
            return "", 0
        holder = _locks.decode(stored.data).holder
        return ("" if await self._has_ended(Key(key.tenant, key.partition, holder)) else holder), stored.sequence

    async def seen(self, key: Key) -> Seen | None:
        """Everything that is committed about a deployment; None where there is none."""
        kept = await self._store.last(submission_subject(key))
        if kept is None:
            return None
        submission = _submissions.decode(kept.data)
        deployment = await self._store.last(state_subject(DEPLOYMENT.noun, key))
        state = state_of(deployment, Deployment) if deployment else Deployment()
        walked = await self._store.lasts([state_filter(ROLLOUT.noun, key.partition, key.deployment, key.tenant)])
        rollouts = [state_of(stored, Rollout) for stored in walked]
        return Seen(
            id=key.deployment,
            application=submission.application,
            by=submission.by,
            started_at=kept.at,
            revision=max(stored.sequence for stored in (kept, *walked, *([deployment] if deployment else []))),
            deployment=state,
            ended_at=deployment.at if deployment and is_terminal(state) else None,
            rollouts={rollout.target: rollout for rollout in rollouts},
        )

    async def last_event(self, key: Key) -> int:
        """The place in the stream of the newest thing said about a deployment; 0 where nothing was."""
        return max((stored.sequence for stored in await self._store.lasts([events_of(key)])), default=0)

    async def _has_ended(self, key: Key) -> bool:
        stored = await self._store.last(state_subject(DEPLOYMENT.noun, key))
        return stored is not None and is_terminal(state_of(stored, Deployment))
