"""Deployments that ended long ago, led again by today's code; and that a change of what was decided shows."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from libs.durable.ports import Stored
from libs.durable.record import Unreadable
from libs.durable.replay import BrokenHistory
from libs.messages.codec import Malformed
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Message
from libs.messages.rollout import RolloutHindered
from tests.histories import history
from tests.histories.again import lead
from tests.histories.known import MACHINES, Fields, fields_of, known
from tests.histories.sameness import difference

FILES = history.files()
SHOWN = history.NEXT / "canary.jsonl"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{history.name_of(path)}")
def test_history_is_led_the_same_way(path: Path) -> None:
    """Red, and no release has written it: `python -m tools.histories refresh`. Else the machine must know both ways."""
    led = lead(history.read(path), MACHINES, history.release(path.parent).fields)
    assert led.steps > 10 <= led.messages


def test_every_machine_has_a_history() -> None:
    nouns = {one.subject.split(".")[2] for path in FILES for one in history.read(path) if one.subject[:6] == "state."}
    assert nouns >= MACHINES.keys()


def test_every_history_says_where_it_is_from() -> None:
    for folder in {path.parent for path in FILES}:
        named = {history.name_of(path) for path in FILES if path.parent == folder}
        assert named == history.release(folder).sources.keys()


def test_file_keeps_what_was_stored(tmp_path: Path) -> None:
    stored = history.read(SHOWN)
    assert history.read(history.write(tmp_path, "plain", stored)) == stored
    packed = history.write(tmp_path, "large", stored * 20)
    assert history.read(packed) == stored * 20
    assert gzip.decompress(packed.read_bytes()).count(b"\n") == 20 * len(stored)


@pytest.fixture(scope="module")
def shown() -> list[Stored]:
    return history.read(SHOWN)


@pytest.fixture(scope="module")
def fields() -> dict[str, Fields]:
    return history.release(history.NEXT).fields


def changed(stored: Sequence[Stored], noun: str, number: int, old: bytes, new: bytes) -> list[Stored]:
    """The history with one record of a machine changed."""
    records = [one for one in stored if one.subject.startswith("state.") and one.subject.split(".")[2] == noun]
    wanted = records[number]
    assert old in wanted.data
    other = msgspec.structs.replace(wanted, data=wanted.data.replace(old, new))
    return [other if one is wanted else one for one in stored]


def test_another_state_is_noticed(shown: list[Stored], fields: dict[str, Fields]) -> None:
    with pytest.raises(BrokenHistory, match=r"state\.main\.deployment.*phase was"):
        lead(changed(shown, "deployment", -1, b'"phase":"succeeded"', b'"phase":"failed"'), MACHINES, fields)


def test_missing_record_is_noticed(shown: list[Stored], fields: dict[str, Fields]) -> None:
    second = [one for one in shown if ".rollout." in one.subject and one.subject.startswith("state.")][1]
    with pytest.raises(BrokenHistory, match="step 3 follows step 1"):
        lead([one for one in shown if one is not second], MACHINES, fields)


def test_missing_message_is_noticed(shown: list[Stored], fields: dict[str, Fields]) -> None:
    fact = next(one for one in shown if one.subject.startswith("evt.main.rollout.landed"))
    with pytest.raises(BrokenHistory, match=r"says .*evt\.rollout\.landed"):
        lead([one for one in shown if one is not fact], MACHINES, fields)


def test_unreadable_record_is_noticed(shown: list[Stored], fields: dict[str, Fields]) -> None:
    with pytest.raises(Unreadable, match="phase"):
        lead(changed(shown, "rollout", 0, b'"phase":', b'"phase":7,"x":'), MACHINES, fields)


def test_unreadable_message_is_noticed(shown: list[Stored], fields: dict[str, Fields]) -> None:
    first = next(one for one in shown if one.subject.startswith("cmd."))
    broken = msgspec.structs.replace(first, data=first.data.replace(b'"application":', b'"renamed":'))
    with pytest.raises(Malformed, match="application"):
        lead([broken if one is first else one for one in shown], MACHINES, fields)


def otherwise(state: Any, message: Message) -> Transition[Any]:
    """A machine that is silent about one thing it used to say."""
    after, outputs = MACHINES["rollout"].advance(state, message)
    return after, tuple(one for one in outputs if getattr(one, "address", "") != "evt.rollout.landed")


def later(state: Any, message: Message) -> Transition[Any]:
    """A machine that waits longer."""
    after, outputs = MACHINES["deployment"].advance(state, message)
    return after, tuple(Arm(one.name, one.seconds + 1) if isinstance(one, Arm) else one for one in outputs)


def talkative(state: Any, message: Message) -> Transition[Any]:
    """A machine that also says what could not be said then."""
    after, outputs = MACHINES["rollout"].advance(state, message)
    return after, (*outputs, RolloutHindered(target="prod", reason="new in this release"))


@pytest.mark.parametrize(
    ("noun", "advance", "words"),
    [("rollout", otherwise, "said .*landed.*, says"), ("deployment", later, "timers")],
)
def test_machine_that_decides_otherwise_is_noticed(
    shown: list[Stored], fields: dict[str, Fields], noun: str, advance: Any, words: str
) -> None:
    with pytest.raises(BrokenHistory, match=words):
        lead(shown, MACHINES | {noun: remade(MACHINES[noun], advance)}, fields)


def test_message_of_a_new_kind_may_be_said(shown: list[Stored], fields: dict[str, Fields]) -> None:
    then = {name: one for name, one in fields.items() if name != RolloutHindered.address}
    machines = MACHINES | {"rollout": remade(MACHINES["rollout"], talkative)}
    assert lead(shown, machines, then) == lead(shown, MACHINES, fields)


def remade(machine: Machine[Any], advance: Any) -> Machine[Any]:
    return Machine(machine.noun, machine.state, machine.initial, advance, machine.is_terminal)


class Part(Struct, frozen=True, omit_defaults=True):
    name: str = ""


class Whole(Struct, frozen=True, omit_defaults=True):
    parts: tuple[Part, ...] = ()
    added: str = ""


def test_new_field_is_not_compared() -> None:
    then: Fields = {"Whole": ("parts",), "Part": ("name",)}
    assert not difference(Whole((Part("a"),), "set today"), Whole((Part("a"),)), then)
    assert difference(Whole((Part("a"),), "x"), Whole((Part("b"),)), then) == ".parts[0].name was 'b', is 'a'"


def test_field_that_was_left_out_is_compared() -> None:
    assert difference(Whole(added="set today"), Whole(), fields_of(Whole)) == ".added was '', is 'set today'"


def test_nothing_known_is_renamed_or_gone() -> None:
    """What a release stored can be read as long as every field that it knew is still there."""
    today = known()
    for folder in {path.parent for path in FILES}:
        for root, structures in history.release(folder).fields.items():
            for name, there in structures.items():
                assert set(there) <= set(today[root][name]), f"{folder.name}: {root}, {name}"
