"""What the shell may rely on from a store, on the real one and on the twin."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from libs.durable.ports import MAX_BATCH, MAX_MESSAGE_BYTES, Bus, Conflict, Store, Write
from libs.runtime.clock import SystemClock
from tests.integration.conftest import Open
from tests.waiting import eventually

STATE = "state.t.rollout.1.d.-"
FACT = "evt.t.rollout.started.1.d.-"
ORDER = "cmd.t.rollout.start.1.d.-"
TIMER = "timer.t.rollout.step.1.d.-.1"
DUE = "due.t.rollout.step.1.d.-.1"
NEXT_TIMER = "timer.t.rollout.step.1.d.-.2"
NEXT_DUE = "due.t.rollout.step.1.d.-.2"


def soon(seconds: float = 0.3) -> datetime:
    return SystemClock().now() + timedelta(seconds=seconds)


async def subjects(store: Store) -> list[str]:
    return [stored.subject async for stored in store.history([">"])]


async def due_within(bus: Bus, count: int, seconds: float = 5) -> list[str]:
    """The timers that fire, waiting for `count` of them."""
    fired: list[str] = []
    async with asyncio.timeout(seconds):
        async for stored in bus.follow(["due.>"], after=0):
            fired.append(stored.subject)
            if len(fired) == count:
                break
    return fired


async def test_unwritten_subject_is_none(ports: Open) -> None:
    async with ports() as p:
        assert await p.store.last(STATE) is None


async def test_commit_returns_the_last_sequence(ports: Open) -> None:
    async with ports() as p:
        revision = await p.store.commit([Write(FACT, b"f"), Write(STATE, b"s", expected=0)])
        stored = await p.store.last(STATE)
        assert stored is not None
        assert (revision, stored.sequence, stored.data) == (2, 2, b"s")


async def test_stored_carries_id_and_server_time(ports: Open) -> None:
    async with ports() as p:
        before = SystemClock().now()
        await p.store.commit([Write(FACT, b"f", id="one")])
        stored = await p.store.last(FACT)
        assert stored is not None
        assert stored.id == "one"
        assert stored.at.tzinfo == UTC
        assert abs(stored.at - before) < timedelta(seconds=5)


async def test_stale_revision_writes_nothing(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1", expected=0)])
        with pytest.raises(Conflict):
            await p.store.commit([Write(FACT, b"f"), Write(STATE, b"2", expected=0)])
        assert await subjects(p.store) == [STATE]


async def test_single_stale_write_conflicts(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1", expected=0)])
        with pytest.raises(Conflict):
            await p.store.commit([Write(STATE, b"2", expected=0)])


async def test_two_subjects_are_compared_together(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write("state.t.lock.1.a.-", b"held", expected=0)])
        with pytest.raises(Conflict):
            await p.store.commit([Write(STATE, b"1", expected=0), Write("state.t.lock.1.a.-", b"mine", expected=0)])
        assert await p.store.last(STATE) is None


@pytest.mark.parametrize("again", [[Write(ORDER, b"o", id="one")], [Write(FACT, b"f"), Write(ORDER, b"o", id="one")]])
async def test_repeated_id_refuses_the_batch(ports: Open, again: list[Write]) -> None:
    async with ports() as p:
        await p.store.commit([Write(ORDER, b"o", id="one"), Write(FACT, b"f", id="two")])
        with pytest.raises(Conflict):
            await p.store.commit(again)
        assert await subjects(p.store) == [ORDER, FACT]


async def test_refused_batch_leaves_its_ids_free(ports: Open) -> None:
    async with ports() as p:
        with pytest.raises(Conflict):
            await p.store.commit([Write(ORDER, b"o", id="one"), Write(STATE, b"1", expected=7)])
        await p.store.commit([Write(ORDER, b"o", id="one"), Write(STATE, b"1", expected=0)])
        assert await subjects(p.store) == [ORDER, STATE]


async def test_rivals_one_wins_each_step(ports: Open) -> None:
    async with ports() as p, p.rival() as (_, other):

        async def attempt(store: Store, number: int) -> bool:
            try:
                await store.commit([Write(STATE, b"%d" % number, expected=0), Write(FACT, b"%d" % number)])
            except Conflict:
                return False
            return True

        won = await asyncio.gather(*(attempt((p.store, other)[n % 2], n) for n in range(20)))
        assert sum(won) == 1
        assert await subjects(p.store) == [STATE, FACT]


async def test_many_batches_at_once_all_land(ports: Open) -> None:
    async with ports() as p:
        batches = [[Write(f"state.t.x.1.d{n}.-", b"s", expected=0), Write(FACT, b"f")] for n in range(120)]
        await asyncio.gather(*(p.store.commit(batch) for batch in batches))
        assert len(await subjects(p.store)) == 240


@pytest.mark.parametrize(
    "batch", [[], [Write(FACT, b"")] * (MAX_BATCH + 1), [Write(FACT, b"x" * (MAX_MESSAGE_BYTES + 1))]]
)
async def test_batch_over_the_limits_is_refused(ports: Open, batch: list[Write]) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match=r"must have|more than"):
            await p.store.commit(batch)


async def test_largest_batch_lands(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(FACT, b"x" * 1000)] * MAX_BATCH)
        assert len(await subjects(p.store)) == MAX_BATCH


async def test_lasts_are_in_stream_order(ports: Open) -> None:
    async with ports() as p:
        for subject in ("state.t.x.1.b.-", "state.t.x.1.a.-", "state.t.x.1.b.-", "evt.t.x.y.1.a.-"):
            await p.store.commit([Write(subject, subject.encode())])
        assert [stored.sequence for stored in await p.store.lasts(["state.*.x.1.*.*"])] == [2, 3]
        assert await p.store.lasts(["state.*.nobody.>"]) == []


async def test_history_goes_on_after_a_sequence(ports: Open) -> None:
    async with ports() as p:
        for subject in (STATE, FACT, STATE, ORDER):
            await p.store.commit([Write(subject, b"")])
        assert [stored.sequence async for stored in p.store.history([STATE, ORDER], after=1)] == [3, 4]
        assert [stored.sequence async for stored in p.store.history([FACT], after=2)] == []


async def test_long_history_is_whole(ports: Open) -> None:
    async with ports() as p:
        for _ in range(8):
            await p.store.commit([Write(FACT, b"")] * 100)
        assert [stored.sequence async for stored in p.store.history([FACT])] == list(range(1, 801))


async def test_timer_fires_once_as_due(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"s"), Write(TIMER, b"body", fires_at=soon(), fires_as=DUE)])
        assert await due_within(p.bus, 1) == [DUE]
        fired = await p.store.last(DUE)
        assert fired is not None
        assert fired.data == b"body"
        assert await p.store.last(TIMER) is None


async def test_single_timer_fires(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"", fires_at=soon(), fires_as=DUE)])
        assert await due_within(p.bus, 1) == [DUE]


async def test_timer_armed_again_fires_only_later(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"first", fires_at=soon(), fires_as=DUE)])
        later = soon(0.8)
        await p.store.commit([Write(TIMER, b"second", fires_at=later, fires_as=DUE)])
        assert await due_within(p.bus, 1) == [DUE]
        fired = await p.store.last(DUE)
        assert fired is not None
        assert (fired.data, fired.at >= later) == (b"second", True)


async def test_past_timer_fires_at_once(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"s"), Write(TIMER, b"", fires_at=soon(-60), fires_as=DUE)])
        assert await due_within(p.bus, 1) == [DUE]


async def test_refused_batch_arms_no_timer(ports: Open) -> None:
    async with ports() as p:
        with pytest.raises(Conflict):
            await p.store.commit([Write(STATE, b"s", expected=9), Write(TIMER, b"", fires_at=soon(), fires_as=DUE)])
        await p.store.commit([Write(NEXT_TIMER, b"", fires_at=soon(0.6), fires_as=NEXT_DUE)])
        assert await due_within(p.bus, 1) == [NEXT_DUE]


async def test_cancelled_timer_never_fires(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1"), Write(TIMER, b"", fires_at=soon(), fires_as=DUE)])
        await p.store.commit([Write(STATE, b"2", cancels=TIMER)])
        await p.store.commit([Write(NEXT_TIMER, b"", fires_at=soon(0.6), fires_as=NEXT_DUE)])
        assert await due_within(p.bus, 1) == [NEXT_DUE]
        assert await p.store.last(TIMER) is None


@pytest.mark.parametrize("where", ["state", "timer"])
async def test_one_batch_arms_and_cancels(ports: Open, where: str) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1"), Write(TIMER, b"", fires_at=soon(), fires_as=DUE)])
        state = Write(STATE, b"2", expected=1, cancels=TIMER if where == "state" else "")
        timer = Write(NEXT_TIMER, b"", fires_at=soon(0.5), fires_as=NEXT_DUE, cancels=TIMER if where == "timer" else "")
        await p.store.commit([state, timer])
        assert await due_within(p.bus, 1) == [NEXT_DUE]


async def test_cancelling_a_fired_timer_is_no_error(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"", fires_at=soon(0), fires_as=DUE)])
        await due_within(p.bus, 1)
        await p.store.commit([Write(STATE, b"2", cancels=TIMER), Write(FACT, b"f")])
        assert await subjects(p.store) == [DUE, STATE, FACT]


async def test_bucket_keeps_the_newest_value(ports: Open) -> None:
    async with ports() as p:
        first = await p.store.put("config", "roles.a", b"1")
        second = await p.store.put("config", "roles.a", b"2", revision=first)
        entry = await p.store.get("config", "roles.a")
        assert entry is not None
        assert (entry.key, entry.value, entry.revision) == ("roles.a", b"2", second)
        assert await p.store.get("config", "roles.b") is None


@pytest.mark.parametrize("revision", [0, 99])
async def test_stale_put_conflicts(ports: Open, revision: int) -> None:
    async with ports() as p:
        await p.store.put("lease", "a", b"1", revision=0)
        with pytest.raises(Conflict):
            await p.store.put("lease", "a", b"2", revision=revision)


async def test_deleted_key_can_be_made_again(ports: Open) -> None:
    async with ports() as p:
        revision = await p.store.put("lease", "a", b"1", revision=0)
        await p.store.delete("lease", "a", revision=revision)
        assert await p.store.get("lease", "a") is None
        assert await p.store.entries("lease") == []
        await p.store.put("lease", "a", b"2", revision=0)
        with pytest.raises(Conflict):
            await p.store.delete("lease", "a", revision=revision)


async def test_deleting_nothing_is_no_error(ports: Open) -> None:
    async with ports() as p:
        await p.store.delete("config", "nobody")
        assert await p.store.get("config", "nobody") is None


async def test_empty_value_is_refused(ports: Open) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match="empty"):
            await p.store.put("config", "a", b"")


async def test_entries_are_found_by_prefix(ports: Open) -> None:
    async with ports() as p:
        for key in ("member.planner.a", "member.planner.b", "lease.planner.1"):
            await p.store.put("lease", key, b"x")
        found = await p.store.entries("lease", "member.planner.")
        assert sorted(entry.key for entry in found) == ["member.planner.a", "member.planner.b"]


async def test_expired_key_can_be_made_again(ports: Open) -> None:
    async with ports() as p:
        revision = await p.store.put("lease", "a", b"1", revision=0, ttl=1)
        renewed = await p.store.put("lease", "a", b"1", revision=revision, ttl=1)
        assert renewed > revision

        async def expired() -> bool:
            return await p.store.get("lease", "a") is None

        await eventually(expired)
        await p.store.put("lease", "a", b"2", revision=0, ttl=1)


async def test_blob_comes_back_whole(ports: Open) -> None:
    async with ports() as p:
        data = bytes(range(256)) * 2000
        digest = await p.store.save(data)
        assert digest == await p.store.save(data)
        assert await p.store.read(digest) == data


async def test_empty_blob_comes_back(ports: Open) -> None:
    async with ports() as p:
        assert await p.store.read(await p.store.save(b"")) == b""


async def test_missing_blob_is_a_key_error(ports: Open) -> None:
    async with ports() as p:
        with pytest.raises(KeyError):
            await p.store.read("0" * 64)
