"""What intake reads of a deployment: never older than what it has shown."""

from collections.abc import Sequence

import msgspec

from libs.bus.broker import Broker
from libs.deployment.state import TargetPhase
from libs.durable import record
from libs.durable.ports import Stored, Write
from libs.messages.subject import Key, state_subject
from libs.store.memory import MemoryStore
from services.intake.accepting.acceptance import Submission, submission_subject
from services.intake.showing.records import Records
from tests.builders import a_deployment, a_rollout, a_target
from tests.clock import VirtualClock

KEY = Key("main", 1, "d1")


class LaggingStore(MemoryStore):
    """A list of records comes from a copy that has none of them yet, as one in a cluster may."""

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        return []


async def test_rollout_is_read_from_the_leader() -> None:
    clock = VirtualClock()
    store = LaggingStore(Broker(clock))
    target = a_target(phase=TargetPhase.DEPLOYING)
    rollout = a_rollout()
    submission = Submission(submission="s", application="shop", by="ann", at=clock.now())
    deployment = record.encode(record.Loaded(a_deployment(target), 1, cause="c"))
    place = state_subject("rollout", KEY.of_target(target.plan.name))
    await store.commit([Write(submission_subject(KEY), msgspec.json.encode(submission))])
    await store.commit([Write(state_subject("deployment", KEY), deployment)])
    last = await store.commit([Write(place, record.encode(record.Loaded(rollout, 1, cause="c")))])

    found = await Records(store).seen(KEY)

    assert found is not None
    assert found[0].revision == last
    assert found[0].rollouts[rollout.target].state == rollout
