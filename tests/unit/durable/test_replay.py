"""Records of the past, read by today's code."""

import msgspec
import pytest

from libs.bus.broker import Broker
from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.ports import Stored
from libs.durable.replay import BrokenHistory, fold, replay
from libs.messages.machine import Machine, Transition
from libs.messages.message import Message
from libs.messages.subject import state_subject
from libs.store.memory import MemoryStore
from tests.clock import VirtualClock
from tests.counter import COUNTER, KEY, Counter, advance, approve, roll_back


@pytest.fixture
async def records() -> list[Stored]:
    clock = VirtualClock()
    broker = Broker(clock)
    shell = Shell(COUNTER, MemoryStore(broker), clock)
    await shell.apply(KEY, approve(0), "m1")
    await shell.wake(Due(KEY, "step", 1, clock.now(), "early"))
    await clock.advance(60)
    await shell.wake(Due(KEY, "step", 2, clock.now(), "due"))
    await shell.apply(KEY, roll_back(), "m2")
    return list(broker.stored([state_subject("rollout", KEY)], 0))


def test_records_fold_to_their_states(records: list[Stored]) -> None:
    states = [loaded.state for loaded in fold(COUNTER, records)]
    assert states == [Counter(), Counter(1), Counter(1), Counter(1, 1), Counter(1, 1, ended=True)]


def test_todays_code_decides_the_same(records: list[Stored]) -> None:
    assert replay(COUNTER, records) == fold(COUNTER, records)


def test_missing_step_is_named(records: list[Stored]) -> None:
    with pytest.raises(BrokenHistory, match="step 3 follows step 1"):
        fold(COUNTER, [records[0], *records[2:]])


def test_another_decision_is_named(records: list[Stored]) -> None:
    def otherwise(counter: Counter, message: Message) -> Transition[Counter]:
        state, outputs = advance(counter, message)
        return msgspec.structs.replace(state, count=state.count + state.woken), outputs

    with pytest.raises(BrokenHistory, match="step 3 is decided differently"):
        replay(Machine("rollout", Counter, Counter(), otherwise, COUNTER.is_terminal), records)
