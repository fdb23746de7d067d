"""What nobody foresaw while one rollout is steered: it is told, given up in the end, and nothing else stops."""

from libs.bus.memory import MemoryBus
from libs.durable.ports import Unavailable
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


async def marked_by_nobody() -> tuple[list[str], str]:
    """Somebody put a mark on the stable version that is newer than any claim, and takes it away after a while."""
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(plane.planner(never()), plane.executor(never())):
            key = await order(plane, "d2", NEW)
            await plane.until(key, TARGETS[0], lambda rollout: rollout.step == 2)
            before = await plane.cluster.mark(TARGETS[0], OLD, "9.nobody.1")
            await plane.clock.sleep(20)
            told = reasons(plane, "d2")
            await plane.cluster.mark(TARGETS[0], OLD, before)
            await plane.ended(key)
        return told, str((await plane.deployment(key)).phase)


def test_mark_of_nobody_is_told_and_outlived() -> None:
    told, phase = run(marked_by_nobody())
    assert "carries 9.nobody.1" in told[-1]
    assert phase == "succeeded"


class SilentBus(MemoryBus):
    """A bus that is away for everything that is not stored."""

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        raise Unavailable("not connected")


async def unseen() -> str:
    async with planes() as plane:
        await stable(plane)
        async with meanwhile(plane.planner(never())), plane.holder("a", bus=SilentBus(plane.broker)) as holder:
            await holder.take()
            key = await order(plane, "d2", NEW)
            await plane.ended(key)
        return str((await plane.deployment(key)).phase)


def test_what_cannot_be_shown_is_done_all_the_same() -> None:
    assert run(unseen()) == "succeeded"
