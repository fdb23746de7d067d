"""What nobody foresaw while one rollout is steered: it is told, given up in the end, and nothing else stops."""

from libs.messages.rollout import AbandonRollout, RolloutHindered
from libs.messages.subject import Key
from tests.integration.crash.plane import PARTITION, TENANT, Plane, meanwhile, planes
from tests.integration.crash.releases import NEW, OLD, PODS, TARGETS, never, order, stable
from tests.integration.crash.skipping import run


def reasons(plane: Plane, deployment: str) -> list[str]:
    stored = plane.facts(Key(TENANT, PARTITION, deployment))
    return [fact.reason for fact in stored if isinstance(fact, RolloutHindered)]


async def without_manifests() -> tuple[str, str, dict[str, int]]:
    """Every blob is lost after the plan was made."""
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(plane.planner(never())):
            key = await order(plane, "d2", NEW)
            await plane.clock.sleep(1)
        plane.broker.blobs.clear()
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            await plane.ended(key)
        rollout = await plane.rollout(key, TARGETS[0])
        return str((await plane.deployment(key)).phase), rollout.reason, plane.cluster.live()


def test_missing_manifests_end_their_rollout() -> None:
    phase, reason, live = run(without_manifests())
    assert phase == "failed"
    assert "is not in the object store" in reason
    assert live == {f"{target} {OLD}": PODS for target in TARGETS}


async def without_snapshot() -> tuple[list[str], str]:
    """The snapshot is lost half way: there is no going back either, until a person gives the rollout up."""
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 2)
        snapshot = (await plane.rollout(key, TARGETS[0])).snapshot
        del plane.broker.blobs[snapshot]
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            await plane.until(key, TARGETS[0], lambda rollout: bool(rollout.phase == "returning" and rollout.hindrance))
            told = reasons(plane, "d2")
            plane.say(key.of_target(TARGETS[0]), AbandonRollout(target=TARGETS[0], by="ann", reason="lost"))
            await plane.ended(key)
        return told, str((await plane.rollout(key, TARGETS[0])).phase)


def test_missing_snapshot_waits_for_a_person() -> None:
    told, phase = run(without_snapshot())
    assert "is not in the object store" in told[-1]
    assert phase == "abandoned"
    assert len(told) < 10
