"""What the shell promises for one machine, whatever the store answers."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from libs.bus.broker import Broker
from libs.durable.commit import ENDED, Contended, Shell
from libs.durable.decision import Due
from libs.durable.ports import Unavailable, Unknown, Write
from libs.durable.record import NewerSchema, Unreadable
from libs.durable.writes import TooLarge
from libs.messages import codec
from libs.messages.machine import Machine
from libs.messages.rollout import AbandonRollout, Hindered, RejectStep
from libs.messages.subject import Key, parse, state_subject
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock
from tests.counter import COUNTER, KEY, LIMIT_SECONDS, STEP_SECONDS, TARGET, Counter, approve, roll_back
from tests.faults import AWAY, LOST_AFTER, LOST_BEFORE, REFUSED, FaultyStore

STATE = state_subject("rollout", KEY)
STRANGE_STATE = b'{"schema":1,"min_reader":1,"step":1,"cause":"","state":7}'


class World:
    """One broker, and processes that come and go."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.store = FaultyStore(MemoryStore(self.broker))

    def shell(self, machine: Machine[Counter] = COUNTER, cached: int = 10) -> Shell[Counter]:
        return Shell(machine, self.store, self.clock, cached)

    def subjects(self, kind: str) -> list[str]:
        return [stored.subject for stored in self.broker.stored([f"{kind}.>"], 0)]

    def timers(self) -> list[tuple[str, int]]:
        """Which timers are armed in the stream."""
        parsed = [parse(subject) for subject in self.subjects("timer")]
        return sorted((timer.name, timer.generation) for timer in parsed)

    def due(self, name: str, generation: int, seconds: float) -> Due:
        return Due(KEY, name, generation, self.clock.now() + timedelta(seconds=seconds), f"due-{name}-{generation}")


@pytest.fixture
def world() -> World:
    return World()


async def test_first_message_makes_a_record(world: World) -> None:
    applied = await world.shell().apply(KEY, approve(0), "m1")
    assert (applied.state, applied.committed) == (Counter(1), True)
    loaded = await world.shell().load(KEY)
    assert (loaded.state, loaded.step, loaded.revision, loaded.cause) == (Counter(1), 1, applied.revision, "m1")


async def test_unknown_key_is_the_first_state(world: World) -> None:
    loaded = await world.shell().load(KEY)
    assert (loaded.state, loaded.step, loaded.revision) == (Counter(), 0, 0)


async def test_message_without_effect_commits_nothing(world: World) -> None:
    shell = world.shell()
    applied = await shell.apply(KEY, approve(7), "m1")
    assert (applied.state, applied.committed) == (Counter(), False)
    assert world.broker.last_sequence == 0


async def test_repeat_changes_nothing(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    before = world.broker.last_sequence
    assert not (await shell.apply(KEY, approve(0), "m1")).committed
    assert world.broker.last_sequence == before


@pytest.mark.parametrize("is_another_process", [False, True])
async def test_order_that_comes_again_after_others_changes_nothing(world: World, is_another_process: bool) -> None:
    """Its acknowledgement was lost, and the bus delivers it once more when all has moved on."""
    shell, reject = world.shell(), RejectStep(target=TARGET, step=0, by="ann")
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, reject, "m2")
    await shell.apply(KEY, approve(1), "m3")
    shell = world.shell() if is_another_process else shell
    assert not (await shell.apply(KEY, reject, "m2")).committed
    assert world.timers() == [("limit", 1), ("step", 3)]
    assert (await shell.apply(KEY, reject, "m4")).committed


async def test_order_that_comes_again_is_known_after_a_timer(world: World) -> None:
    shell, reject = world.shell(), RejectStep(target=TARGET, step=0, by="ann")
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, reject, "m2")
    await shell.apply(KEY, approve(1), "m3")
    await shell.load(KEY)
    assert (await shell.wake(world.due("step", 3, STEP_SECONDS / 2))).committed, "early: armed again"
    assert (await shell.wake(world.due("step", 4, 2 * STEP_SECONDS))).committed
    assert not (await shell.apply(KEY, reject, "m2")).committed


async def test_what_its_owner_sees_twice_counts_twice(world: World) -> None:
    """It is never delivered by the bus, and may carry one cause on several occasions."""
    shell = world.shell()
    for reason in ("slow", "busy", "slow"):
        assert (await shell.apply(KEY, Hindered(target=TARGET, goal=0, reason=reason), "seen")).committed


async def test_record_remembers_the_newest_orders(world: World) -> None:
    shell = world.shell()
    for step in range(300):
        await shell.apply(KEY, approve(step), f"m{step}")
    followed = (await world.shell().load(KEY)).followed
    assert len(followed) == len(set(followed)) == 256
    assert not (await shell.apply(KEY, approve(300), "m44")).committed
    assert (await shell.apply(KEY, approve(300), "m43")).committed


async def test_kept_state_saves_reads(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, RejectStep(target=TARGET, step=0, by="ann"), "m2")
    reads = world.store.reads
    await shell.apply(KEY, roll_back(), "m3")
    assert world.store.reads == reads


async def test_least_used_machine_is_dropped(world: World) -> None:
    shell = world.shell(cached=1)
    other = KEY.of_target("other")
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(other, approve(0), "m2")
    reads = world.store.reads
    await shell.apply(KEY, roll_back(), "m3")
    assert world.store.reads == reads + 1


async def test_ended_machines_make_room(world: World) -> None:
    shell = world.shell(cached=10_000)
    await shell.apply(KEY, approve(0), "running")
    ended = [KEY.of_target(f"target-{number}") for number in range(ENDED + 1)]
    for number, key in enumerate(ended):
        await shell.apply(key, roll_back(), f"end-{number}")
    assert shell.kept == {KEY, *ended[1:]}


async def test_forgotten_partition_is_read_again(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    other = Key("t", 2, "d")
    await shell.apply(other, approve(0), "m2")
    shell.forget(KEY.partition)
    reads = world.store.reads
    await shell.apply(other, roll_back(), "m3")
    assert world.store.reads == reads
    await shell.apply(KEY, roll_back(), "m4")
    assert world.store.reads == reads + 1


async def test_stale_memory_swallows_no_message(world: World) -> None:
    behind, ahead = world.shell(), world.shell()
    await behind.load(KEY)
    await ahead.apply(KEY, approve(0), "m1")
    applied = await behind.apply(KEY, approve(1), "m2")
    assert (applied.state.count, applied.committed) == (2, True)


async def test_stale_memory_overwrites_nothing(world: World) -> None:
    behind, ahead = world.shell(), world.shell()
    await behind.load(KEY)
    await ahead.apply(KEY, approve(0), "m1")
    await behind.apply(KEY, Hindered(target=TARGET, goal=0, reason="slow"), "m2")
    assert (await world.shell().load(KEY)).state == Counter(1, note="slow")


async def test_rivals_lose_no_message(world: World) -> None:
    shells = [world.shell() for _ in range(3)]

    async def all_of_them(shell: Shell[Counter], name: str) -> None:
        for step in range(20):
            await shell.apply(KEY, approve(step), f"{name}-{step}")

    await asyncio.gather(*(all_of_them(shell, str(n)) for n, shell in enumerate(shells)))
    loaded = await world.shell().load(KEY)
    assert (loaded.state.count, loaded.step) == (20, 20)
    assert len(world.subjects("evt")) == 40


async def test_commit_without_verdict_that_happened_is_done(world: World) -> None:
    world.store.faults = [LOST_AFTER]
    applied = await world.shell().apply(KEY, approve(0), "m1")
    assert applied.state == Counter(1)
    assert (len(world.subjects("state")), len(world.subjects("evt"))) == (1, 2)


async def test_commit_without_verdict_that_did_not_is_repeated(world: World) -> None:
    world.store.faults = [LOST_BEFORE, LOST_BEFORE]
    applied = await world.shell().apply(KEY, approve(0), "m1")
    assert (applied.committed, applied.state.count) == (True, 1)
    assert len(world.subjects("state")) == 1


async def test_rivals_step_is_not_taken_for_the_own(world: World) -> None:
    async def rival() -> None:
        await world.shell().apply(KEY, Hindered(target=TARGET, goal=0, reason="slow"), "m2")

    world.store.faults = [rival]
    applied = await world.shell().apply(KEY, approve(0), "m1")
    assert (applied.state, applied.committed) == (Counter(1, note="slow"), True)


async def test_endless_doubt_is_handed_on(world: World) -> None:
    world.store.faults = [LOST_BEFORE] * 3
    with pytest.raises(Unknown):
        await world.shell().apply(KEY, approve(0), "m1")


async def test_conflicts_are_decided_again_at_once(world: World) -> None:
    world.store.faults = [REFUSED] * 5
    assert (await world.shell().apply(KEY, approve(0), "m1")).committed


async def test_endless_conflict_is_named(world: World) -> None:
    world.store.faults = [REFUSED] * 1000
    with pytest.raises(Contended, match="rollout d"):
        await world.shell().apply(KEY, approve(0), "m1")


async def test_unavailable_is_handed_on(world: World) -> None:
    world.store.faults = [AWAY]
    shell = world.shell()
    with pytest.raises(Unavailable):
        await shell.apply(KEY, approve(0), "m1")
    assert (await shell.apply(KEY, approve(0), "m1")).committed


async def test_messages_carry_their_envelope(world: World) -> None:
    await world.shell().apply(KEY, approve(0), "m1", traceparent="00-a-b-01")
    first, second = world.broker.stored(["evt.>"], 0)
    envelope = codec.decode_envelope(first.data)
    assert (envelope.tenant, envelope.type, envelope.cause) == ("t", "evt.rollout.step-ended", "m1")
    assert (envelope.at, envelope.traceparent) == (world.clock.now(), "00-a-b-01")
    assert envelope.id == first.id != second.id
    assert parse(first.subject).key == KEY


async def test_ids_depend_on_the_step_alone(world: World) -> None:
    other = World()
    await world.shell().apply(KEY, approve(0), "m1")
    await other.shell().apply(KEY, approve(0), "another")
    ids = [[stored.id for stored in one.broker.stored(["evt.>"], 0)] for one in (world, other)]
    assert ids[0] == ids[1]


async def test_observation_never_goes_to_the_bus(world: World) -> None:
    with pytest.raises(ValueError, match=r"obs\.rollout\.hindered"):
        await world.shell().apply(KEY, AbandonRollout(target=TARGET, by="ann", reason=""), "m1")


async def test_record_over_the_limit_is_named(world: World) -> None:
    with pytest.raises(TooLarge, match=r"state\.t\.rollout"):
        await world.shell().apply(KEY, Hindered(target=TARGET, goal=0, reason="x" * 300_000), "m1")
    assert world.broker.last_sequence == 0


async def test_newer_record_is_not_decided_on(world: World) -> None:
    await world.shell().apply(KEY, approve(0), "m1")
    stored = world.broker.last(STATE)
    assert stored is not None
    world.broker.commit([Write(STATE, stored.data.replace(b'"min_reader":1', b'"min_reader":2'))])
    with pytest.raises(NewerSchema, match="reader of 2"):
        await world.shell().apply(KEY, approve(1), "m2")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"schema":1}', b'{"schema":1,"min_reader":1,"step":1,"cause":"","state":7}']
)
async def test_strange_record_is_named(world: World, data: bytes) -> None:
    world.broker.commit([Write(STATE, data)])
    with pytest.raises(Unreadable):
        await world.shell().load(KEY)


async def test_unknown_fields_of_a_record_are_ignored(world: World) -> None:
    await world.shell().apply(KEY, approve(0), "m1")
    stored = world.broker.last(STATE)
    assert stored is not None
    record = msgspec.json.decode(stored.data) | {"schema": 2, "colour": "blue"}
    world.broker.commit([Write(STATE, msgspec.json.encode(record))])
    assert (await world.shell().load(KEY)).state == Counter(1)


async def test_timer_is_armed_with_its_step(world: World) -> None:
    await world.shell().apply(KEY, approve(0), "m1")
    assert world.timers() == [("limit", 1), ("step", 1)]


async def test_deadline_counts_from_the_servers_stamp(world: World) -> None:
    await world.shell().apply(KEY, approve(0), "m1")
    loaded = await world.shell().load(KEY)
    assert loaded.at is not None
    assert loaded.timers["step"].deadline == loaded.at + timedelta(seconds=STEP_SECONDS)


async def test_deadline_stays_through_later_steps(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    limit = (await world.shell().load(KEY)).timers["limit"]
    for step in range(1, 4):
        await world.clock.advance(5)
        await shell.apply(KEY, approve(step), f"later-{step}")
    timers = (await world.shell().load(KEY)).timers
    assert timers["limit"] == limit
    assert timers["limit"].seconds == LIMIT_SECONDS
    assert timers["step"].generation == 4


async def test_replaced_timer_is_cancelled(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, approve(1), "m2")
    assert world.timers() == [("limit", 1), ("step", 2)]


async def test_disarmed_timer_is_cancelled(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, RejectStep(target=TARGET, step=0, by="ann"), "m2")
    assert world.timers() == [("limit", 1)]
    assert set((await shell.load(KEY)).timers) == {"limit"}


async def test_terminal_state_has_no_timer_left(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, roll_back(), "m2")
    assert world.timers() == []
    assert (await shell.load(KEY)).timers == {}


async def test_due_timer_is_applied_once(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    due = world.due("step", 1, STEP_SECONDS)
    assert (await shell.wake(due)).state == Counter(1, woken=1)
    assert not (await shell.wake(due)).committed
    assert (await shell.load(KEY)).timers["step"].generation == 2


async def test_early_timer_is_armed_again(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    before = (await shell.load(KEY)).timers["step"]
    await world.clock.advance(5)
    applied = await shell.wake(world.due("step", 1, STEP_SECONDS - 5.001))
    assert (applied.state, applied.committed) == (Counter(1), True)
    after = (await shell.load(KEY)).timers["step"]
    assert (after.generation, after.deadline) == (2, before.deadline)
    assert ("step", 2) in world.timers()


async def test_early_timer_then_fires(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    await shell.wake(world.due("step", 1, 1))
    assert (await shell.wake(world.due("step", 2, STEP_SECONDS))).state.woken == 1


@pytest.mark.parametrize(("name", "generation"), [("step", 1), ("nobody", 2), ("step", 9)])
async def test_stale_timer_changes_nothing(world: World, name: str, generation: int) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    await shell.apply(KEY, approve(1), "m2")
    before = world.broker.last_sequence
    assert not (await shell.wake(world.due(name, generation, 1000))).committed
    assert world.broker.last_sequence == before


async def test_fired_timer_is_removed(world: World) -> None:
    shell = world.shell()
    await shell.apply(KEY, approve(0), "m1")
    applied = await shell.wake(world.due("limit", 1, LIMIT_SECONDS))
    assert applied.committed
    assert set((await shell.load(KEY)).timers) == {"step"}


async def test_timer_wakes_a_process_that_armed_nothing(world: World) -> None:
    await world.shell().apply(KEY, approve(0), "m1")
    assert (await world.shell().wake(world.due("step", 1, STEP_SECONDS))).state.woken == 1


async def test_state_without_a_timer_is_reported(world: World) -> None:
    with capture_logs() as logs:
        await world.shell().apply(KEY, Hindered(target=TARGET, goal=0, reason="slow"), "m1")
    assert [line["event"] for line in logs] == ["invariant_broken"]


async def test_history_is_every_state(world: World) -> None:
    shell = world.shell()
    for step in range(3):
        await shell.apply(KEY, approve(step), f"m{step}")
    assert [loaded.state.count async for loaded in shell.history(KEY)] == [1, 2, 3]
