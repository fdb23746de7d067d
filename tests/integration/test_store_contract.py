"""What the shell may rely on from a store, on a real one, on three nodes and on the twin."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.bus import broker
from libs.durable.ports import MAX_BATCH, MAX_MESSAGE_BYTES, MAX_VALUE_BYTES, Bus, Conflict, Store, Write
from libs.runtime.clock import SystemClock
from libs.store import prepare
from libs.store.blobs import SMALL_BYTES
from libs.store.layout import MAX_BLOB_BYTES
from tests.integration.conftest import FORMS, Open, in_form
from tests.waiting import eventually

STATE = "state.t.rollout.1.d.-"
FACT = "evt.t.rollout.started.1.d.-"
ORDER = "cmd.t.rollout.start.1.d.-"
TIMER = "timer.t.rollout.step.1.d.-.1"
DUE = "due.t.rollout.step.1.d.-.1"
NEXT_TIMER = "timer.t.rollout.step.1.d.-.2"
NEXT_DUE = "due.t.rollout.step.1.d.-.2"


@pytest.fixture(params=FORMS)
def ports(request: pytest.FixtureRequest) -> Open:
    return in_form(request)


@pytest.fixture
def short_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are remembered for a second."""
    described = prepare._stream

    def brief(replicas: int) -> dict[str, Any]:
        return described(replicas) | {"duplicate_window": 1_000_000_000}

    monkeypatch.setattr(prepare, "_stream", brief)
    monkeypatch.setattr(broker, "DUPLICATE_WINDOW", timedelta(seconds=1))


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


async def test_timer_after_2038_is_kept(ports: Open) -> None:
    """Where seconds no longer fit into 32 bits."""
    async with ports() as p:
        far = datetime(2040, 3, 1, 12, tzinfo=UTC)
        await p.store.commit([Write(TIMER, b"", fires_at=far, fires_as=DUE), Write(STATE, b"1")])
        await p.store.commit([Write(NEXT_TIMER, b"", fires_at=soon(), fires_as=NEXT_DUE)])
        assert await due_within(p.bus, 1) == [NEXT_DUE]
        assert await p.store.last(TIMER) is not None


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


@pytest.mark.parametrize(
    "again",
    [
        [Write(FACT, b"other", id="one")],
        [Write("cmd.u.other.thing.7.e.-", b"", id="one")],
        [Write(STATE, b"s", id="new", expected=0), Write(FACT, b"f", id="one")],
    ],
)
async def test_id_is_known_whatever_it_says(ports: Open, again: list[Write]) -> None:
    async with ports() as p:
        await p.store.commit([Write(ORDER, b"o", id="one")])
        with pytest.raises(Conflict):
            await p.store.commit(again)
        assert await subjects(p.store) == [ORDER]


async def test_id_twice_in_one_batch_conflicts(ports: Open) -> None:
    async with ports() as p:
        with pytest.raises(Conflict):
            await p.store.commit([Write(ORDER, b"o", id="one"), Write(FACT, b"f", id="one")])
        assert await subjects(p.store) == []


async def test_id_is_free_after_the_window(ports: Open, short_window: None) -> None:
    async with ports() as p:
        await p.store.commit([Write(ORDER, b"1", id="one")])
        with pytest.raises(Conflict):
            await p.store.commit([Write(ORDER, b"2", id="one")])

        async def accepted() -> bool:
            with suppress(Conflict):
                return await p.store.commit([Write(ORDER, b"3", id="one")]) == 2
            return False

        await eventually(accepted)


@pytest.mark.parametrize(
    "batch",
    [
        [Write(STATE, b"1", expected=0), Write(STATE, b"2", expected=0)],
        [Write(STATE, b"1", expected=0), Write(STATE, b"2", expected=1)],
        [Write(STATE, b"1"), Write(STATE, b"2", expected=0)],
        [Write(STATE, b"1"), Write(FACT, b"f"), Write(STATE, b"2", expected=1)],
    ],
)
async def test_subject_is_compared_before_it_is_written(ports: Open, batch: list[Write]) -> None:
    async with ports() as p:
        with pytest.raises(Conflict):
            await p.store.commit(batch)
        assert await subjects(p.store) == []


async def test_compared_subject_may_be_written_again(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1", expected=0), Write(STATE, b"2")])
        stored = await p.store.last(STATE)
        assert stored is not None
        assert (stored.sequence, stored.data) == (2, b"2")


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_stale_place_refuses_all(ports: Open, place: int) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1", expected=0)])
        batch = [Write(f"evt.t.rollout.began.1.d{number}.-", b"", expected=0) for number in range(3)]
        batch[place] = Write(STATE, b"2", expected=7)
        with pytest.raises(Conflict):
            await p.store.commit(batch)
        assert await subjects(p.store) == [STATE]


async def test_comparing_counts_that_subject_only(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1", expected=0)])
        await p.store.commit([Write(FACT, b"f")] * 3)
        assert await p.store.commit([Write(STATE, b"2", expected=1)]) == 5


async def test_uncompared_write_always_lands(ports: Open) -> None:
    async with ports() as p:
        for number in range(3):
            assert await p.store.commit([Write(STATE, b"x")]) == number + 1


@pytest.mark.parametrize("data", [b"", b"\0\r\n", bytes(range(256)), b"x" * MAX_MESSAGE_BYTES])
async def test_any_bytes_come_back(ports: Open, data: bytes) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, data, expected=0), Write(FACT, data)])
        for subject in (STATE, FACT):
            stored = await p.store.last(subject)
            assert stored is not None
            assert stored.data == data


@pytest.mark.parametrize(
    "write",
    [
        Write("elsewhere.t.x", b""),
        Write("$JS.API.STREAM.PURGE.FAIRLEAD", b""),
        Write("cmd", b""),
        Write("cmd.a b.c", b""),
        Write("cmd.*.c", b""),
        Write("evt.>", b""),
        Write("cmd..c", b""),
        Write("cmd.a\r\nPUB x 0\r\n", b""),
        Write(TIMER, b""),
        Write(STATE, b"", fires_at=datetime(2026, 1, 1, tzinfo=UTC), fires_as=DUE),
        Write(TIMER, b"", fires_at=datetime(2026, 1, 1, tzinfo=UTC), fires_as=TIMER),
        Write(TIMER, b"", fires_at=datetime(2026, 1, 1, tzinfo=UTC), fires_as="elsewhere.x"),
        Write(TIMER, b"", fires_at=datetime(2026, 1, 1, tzinfo=UTC), fires_as=DUE, cancels=TIMER),
        Write(STATE, b"", cancels="cmd.t.rollout.start.1.d.-"),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
async def test_what_no_server_takes_is_refused(ports: Open, write: Write, alone: bool) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match=r"subject|timer|fires"):
            await p.store.commit([write] if alone else [Write(FACT, b""), write])
        assert await p.store.commit([Write(FACT, b"")]) == 1


async def test_timer_is_armed_once_in_a_batch(ports: Open) -> None:
    async with ports() as p:
        timer = Write(TIMER, b"", fires_at=soon(3600), fires_as=DUE)
        with pytest.raises(ValueError, match="twice"):
            await p.store.commit([timer, Write(STATE, b""), timer])
        assert await subjects(p.store) == []


async def test_rival_reads_what_was_committed(ports: Open) -> None:
    async with ports() as p, p.rival() as (_, other):
        for number in range(50):
            revision = await p.store.commit([Write(STATE, b"%d" % number)])
            stored = await other.last(STATE)
            assert stored is not None
            assert stored.sequence == revision


async def test_history_is_up_to_now(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"1"), Write(STATE, b"2")])
        history = p.store.history([STATE])
        got = [(await anext(history)).data]
        await p.store.commit([Write(STATE, b"3")])
        got += [stored.data async for stored in history]
        assert got == [b"1", b"2"]


async def test_rival_reads_the_whole_history(ports: Open) -> None:
    async with ports() as p, p.rival() as (_, other):
        for number in range(1, 31):
            await p.store.commit([Write(STATE, b"")])
            assert [stored.sequence async for stored in other.history([STATE])] == list(range(1, number + 1))


async def test_history_of_several_filters_is_one_order(ports: Open) -> None:
    async with ports() as p:
        for subject in (FACT, STATE, ORDER, STATE, FACT):
            await p.store.commit([Write(subject, b"")])
        found = [stored.sequence async for stored in p.store.history(["evt.>", "state.*.rollout.*.*.*"])]
        assert found == [1, 2, 4, 5]
        assert [stored.sequence async for stored in p.store.history(["evt.>"], after=99)] == []


@pytest.mark.parametrize("filters", [[], ["state.>", "state.t.>"]])
async def test_overlapping_filters_are_refused(ports: Open, filters: list[str]) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match="filter"):
            await p.store.lasts(filters)
        with pytest.raises(ValueError, match="filter"):
            await anext(p.store.history(filters))


async def test_lasts_show_the_newest_only(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"", fires_at=soon(3600), fires_as=DUE), Write(STATE, b"1")])
        await p.store.commit([Write(FACT, b"f"), Write(STATE, b"2", cancels=TIMER)])
        found = await p.store.lasts(["state.>", "timer.>", "evt.>"])
        assert [(stored.subject, stored.data) for stored in found] == [(FACT, b"f"), (STATE, b"2")]


async def test_timers_of_one_instant_both_fire(ports: Open) -> None:
    async with ports() as p:
        at = soon()
        await p.store.commit(
            [Write(TIMER, b"", fires_at=at, fires_as=DUE), Write(NEXT_TIMER, b"", fires_at=at, fires_as=NEXT_DUE)]
        )
        assert sorted(await due_within(p.bus, 2)) == [DUE, NEXT_DUE]


async def test_timer_is_never_early(ports: Open) -> None:
    async with ports() as p:
        at = soon(0.7)
        await p.store.commit([Write(TIMER, b"", fires_at=at, fires_as=DUE)])
        await due_within(p.bus, 1)
        fired = await p.store.last(DUE)
        assert fired is not None
        assert at - timedelta(milliseconds=5) <= fired.at < at + timedelta(seconds=5)


async def test_timer_armed_again_is_one_message(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"1", fires_at=soon(3600), fires_as=DUE)])
        await p.store.commit([Write(TIMER, b"2", fires_at=soon(3600), fires_as=DUE)])
        assert [stored.data async for stored in p.store.history(["timer.>"])] == [b"2"]


async def test_cancelled_subject_is_as_never_written(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"1", fires_at=soon(3600), fires_as=DUE)])
        await p.store.commit([Write(STATE, b"", cancels=TIMER)])
        assert await subjects(p.store) == [STATE]
        await p.store.commit([Write(TIMER, b"2", expected=0, fires_at=soon(), fires_as=DUE)])
        assert await due_within(p.bus, 1) == [DUE]


@pytest.mark.parametrize("cancels_first", [True, False])
async def test_batch_is_done_in_its_order(ports: Open, cancels_first: bool) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"1", fires_at=soon(3600), fires_as=DUE)])
        batch = [Write(STATE, b"", cancels=TIMER), Write(TIMER, b"2", fires_at=soon(3600), fires_as=DUE)]
        await p.store.commit(batch if cancels_first else batch[::-1])
        assert (await p.store.last(TIMER) is not None) is cancels_first


async def test_cancelling_what_never_was_is_no_error(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(STATE, b"", cancels=TIMER)])
        assert await subjects(p.store) == [STATE]


async def test_refused_batch_cancels_nothing(ports: Open) -> None:
    async with ports() as p:
        await p.store.commit([Write(TIMER, b"", fires_at=soon(), fires_as=DUE)])
        with pytest.raises(Conflict):
            await p.store.commit([Write(FACT, b""), Write(STATE, b"", expected=9, cancels=TIMER)])
        assert await due_within(p.bus, 1) == [DUE]


async def test_many_past_timers_all_fire(ports: Open) -> None:
    async with ports() as p:
        names = [f"rollout.step.1.d{number}.-.1" for number in range(50)]
        await p.store.commit(
            [Write(f"timer.t.{name}", b"", fires_at=soon(-9), fires_as=f"due.t.{name}") for name in names]
        )
        assert sorted(await due_within(p.bus, 50, 20)) == sorted(f"due.t.{name}" for name in names)
        assert await p.store.lasts(["timer.>"]) == []


async def test_buckets_are_apart(ports: Open) -> None:
    async with ports() as p:
        await p.store.put("lease", "a", b"1", revision=0)
        await p.store.put("config", "a", b"2", revision=0)
        await p.store.delete("lease", "a")
        assert [entry.value for entry in await p.store.entries("config")] == [b"2"]


async def test_put_without_revision_replaces_any(ports: Open) -> None:
    async with ports() as p:
        revisions = [await p.store.put("config", "a", value) for value in (b"1", b"2", b"3")]
        assert revisions == sorted(set(revisions))


async def test_entries_are_in_order_of_setting(ports: Open) -> None:
    async with ports() as p:
        for key in ("a", "b", "c", "a"):
            await p.store.put("config", key, b"x")
        assert [entry.key for entry in await p.store.entries("config")] == ["b", "c", "a"]


async def test_revision_of_a_deleted_value_conflicts(ports: Open) -> None:
    async with ports() as p:
        revision = await p.store.put("config", "a", b"1")
        await p.store.delete("config", "a")
        with pytest.raises(Conflict):
            await p.store.put("config", "a", b"2", revision=revision)
        with pytest.raises(Conflict):
            await p.store.delete("config", "a", revision=revision)


async def test_deleting_what_is_not_there_compares_too(ports: Open) -> None:
    async with ports() as p:
        await p.store.delete("config", "a", revision=0)
        await p.store.put("config", "a", b"1", revision=0)
        with pytest.raises(Conflict):
            await p.store.delete("config", "a", revision=0)
        await p.store.delete("config", "a")
        await p.store.delete("config", "a", revision=0)
        assert await p.store.entries("config") == []


async def test_expired_values_are_no_entries(ports: Open) -> None:
    async with ports() as p:
        await p.store.put("lease", "gone", b"1", ttl=1)
        revision = await p.store.put("lease", "kept", b"1", ttl=1)
        await p.store.put("lease", "kept", b"2", revision=revision)

        async def expired() -> bool:
            return [entry.key for entry in await p.store.entries("lease")] == ["kept"]

        await eventually(expired)
        with pytest.raises(Conflict):
            await p.store.delete("lease", "gone", revision=revision - 1)


async def test_largest_value_lands(ports: Open) -> None:
    async with ports() as p:
        await p.store.put("config", "a", b"x" * MAX_VALUE_BYTES)
        with pytest.raises(ValueError, match="more than"):
            await p.store.put("config", "a", b"x" * (MAX_VALUE_BYTES + 1))
        entry = await p.store.get("config", "a")
        assert entry is not None
        assert len(entry.value) == MAX_VALUE_BYTES


@pytest.mark.parametrize("key", ["", "a b", "a.*", ">", "a..b", "a.", "a\r\nb"])
async def test_no_key_is_refused(ports: Open, key: str) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match="no key"):
            await p.store.put("config", key, b"x")
        with pytest.raises(ValueError, match="no key"):
            await p.store.delete("config", key)


@pytest.mark.parametrize("size", [1, SMALL_BYTES, SMALL_BYTES + 1, 3 * SMALL_BYTES])
async def test_blob_is_found_by_its_digest(ports: Open, size: int) -> None:
    async with ports() as p, p.rival() as (_, other):
        data = b"y" * size
        digest = await p.store.save(data)
        assert digest == hashlib.sha256(data).hexdigest() == await other.save(data)
        assert await other.read(digest) == data


async def test_blob_over_the_limit_is_refused(ports: Open) -> None:
    async with ports() as p:
        with pytest.raises(ValueError, match="more than"):
            await p.store.save(bytes(MAX_BLOB_BYTES + 1))
