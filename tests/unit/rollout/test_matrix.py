"""Every message in every phase of a rollout: a pair that nobody thought of is a hole in this table."""

import pytest
from msgspec.structs import replace

from libs.messages.codec import MESSAGES
from libs.messages.message import Message, Output, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    RejectStep,
    RollBack,
    RolloutRefused,
    Settled,
    Surveyed,
)
from libs.plan.model import ApplyManifests, SetWeight
from libs.rollout.machine import advance
from libs.rollout.state import Phase, Rollout
from tests.builders import a_rollout, a_start, a_timed_pause, a_workload, an_approval
from tests.matrix import cells

# `next`: the next step begins. `noted`: the state changes within its phase. `told`: the state stays, something is said.
# `waits`: only a timer is armed again. `-`: nothing. What stands after a message's name tells its variants apart.
MATRIX = """
                    | absent      surveying   applying  pausing   deciding  landed    finishing
StartRollout        | surveying   -           -         -         -         -         -
FinishRollout       | -           -           -         -         -         finishing -
RollBack-person     | rolled_back rolled_back returning returning returning returning refused
RollBack-deployment | rolled_back rolled_back returning returning returning returning refused
ApproveStep         | refused     refused     refused   refused   next      refused   refused
ApproveStep-other   | refused     refused     refused   refused   refused   refused   refused
RejectStep          | refused     refused     refused   refused   returning refused   refused
RejectStep-other    | refused     refused     refused   refused   refused   refused   refused
AbandonRollout      | refused     refused     refused   refused   refused   refused   abandoned
Claimed             | -           noted       noted     noted     noted     noted     noted
Claimed-again       | -           -           -         -         -         -         -
Surveyed            | -           progressing -         -         -         -         -
Surveyed-old        | -           -           -         -         -         -         -
Settled             | -           -           next      -         -         -         succeeded
Settled-old         | -           -           -         -         -         -         -
Hindered            | -           noted       noted     noted     noted     noted     noted
Hindered-again      | -           -           -         -         -         -         -
Hindered-old        | -           -           -         -         -         -         -
Broken              | -           rolled_back returning returning returning noted     noted
Broken-old          | -           -           -         -         -         -         -
TimerFired-ready    | -           rolled_back returning -         -         -         -
TimerFired-pause    | -           -           -         next      -         -         -
TimerFired-approval | -           -           -         -         returning -         -
TimerFired-check    | -           waits       -         -         -         told      waits
TimerFired-unknown  | -           -           -         -         -         -         -

                    | returning   succeeded rolled_back abandoned
StartRollout        | -           told      told        told
FinishRollout       | -           told      told        told
RollBack-person     | refused     refused   refused     refused
RollBack-deployment | -           told      told        told
ApproveStep         | refused     refused   refused     refused
ApproveStep-other   | refused     refused   refused     refused
RejectStep          | refused     refused   refused     refused
RejectStep-other    | refused     refused   refused     refused
AbandonRollout      | abandoned   refused   refused     refused
Claimed             | noted       -         -           -
Claimed-again       | -           -         -           -
Surveyed            | -           -         -           -
Surveyed-old        | -           -         -           -
Settled             | rolled_back -         -           -
Settled-old         | -           -         -           -
Hindered            | noted       -         -           -
Hindered-again      | -           -         -           -
Hindered-old        | -           -         -           -
Broken              | noted       -         -           -
Broken-old          | -           -         -           -
TimerFired-ready    | -           -         -           -
TimerFired-pause    | -           -         -           -
TimerFired-approval | -           -         -           -
TimerFired-check    | waits       -         -           -
TimerFired-unknown  | -           -         -           -
"""

STEPS = (ApplyManifests(), a_timed_pause(), an_approval(expires_seconds=60), SetWeight(weight=100))
GOAL = 7

SITUATIONS = {
    "absent": Rollout(),
    "surveying": a_rollout(Phase.SURVEYING),
    "applying": a_rollout(step=0),
    "pausing": a_rollout(step=1),
    "deciding": a_rollout(step=2),
    "landed": a_rollout(Phase.LANDED, step=4),
    "finishing": a_rollout(Phase.FINISHING, step=4),
    "returning": a_rollout(Phase.RETURNING, step=2, reason="too slow"),
    "succeeded": a_rollout(Phase.SUCCEEDED, step=4),
    "rolled_back": a_rollout(Phase.ROLLED_BACK, step=2, reason="too slow"),
    "abandoned": a_rollout(Phase.ABANDONED, step=2, reason="cluster is gone", by="ann"),
}

SAID: dict[str, Message] = {
    "StartRollout": a_start(),
    "FinishRollout": FinishRollout(target="prod"),
    "RollBack-person": RollBack(target="prod", by="ann"),
    "RollBack-deployment": RollBack(target="prod", reason="aborted by ann"),
    "ApproveStep": ApproveStep(target="prod", step=2, by="ann"),
    "ApproveStep-other": ApproveStep(target="prod", step=1, by="ann"),
    "RejectStep": RejectStep(target="prod", step=2, by="ann"),
    "RejectStep-other": RejectStep(target="prod", step=3, by="ann"),
    "AbandonRollout": AbandonRollout(target="prod", by="ann", reason="cluster is gone"),
    "Claimed": Claimed(target="prod", process="two"),
    "Claimed-again": Claimed(target="prod", process="one"),
    "Surveyed": Surveyed(target="prod", goal=GOAL, workloads=(a_workload(),), snapshot="sha256-of-snapshot"),
    "Surveyed-old": Surveyed(target="prod", goal=GOAL - 1, workloads=(), snapshot="sha256-of-another"),
    "Settled": Settled(target="prod", goal=GOAL),
    "Settled-old": Settled(target="prod", goal=GOAL - 1),
    "Hindered": Hindered(target="prod", goal=GOAL, reason="pods not ready"),
    "Hindered-again": Hindered(target="prod", goal=GOAL, reason=""),
    "Hindered-old": Hindered(target="prod", goal=GOAL - 1, reason="pods not ready"),
    "Broken": Broken(target="prod", goal=GOAL, reason="quota exceeded"),
    "Broken-old": Broken(target="prod", goal=GOAL - 1, reason="quota exceeded"),
    "TimerFired-ready": TimerFired(name="ready"),
    "TimerFired-pause": TimerFired(name="pause"),
    "TimerFired-approval": TimerFired(name="approval"),
    "TimerFired-check": TimerFired(name="check"),
    "TimerFired-unknown": TimerFired(name="unknown"),
}


def situated(name: str) -> Rollout:
    rollout = SITUATIONS[name]
    return rollout if name == "absent" else replace(rollout, steps=STEPS, goal=GOAL, epoch=1, process="one")


def word(before: Rollout, after: Rollout, outputs: tuple[Output, ...]) -> str:
    if after.phase is not before.phase:
        return after.phase
    if after.step != before.step:
        return "next"
    if after != before:
        return "noted"
    if any(isinstance(output, RolloutRefused) for output in outputs):
        return "refused"
    if any(isinstance(output, Message) for output in outputs):
        return "told"
    return "waits" if outputs else "-"


@pytest.mark.parametrize(("situation", "message"), cells(MATRIX), ids="-".join)
def test_message_does_as_written(situation: str, message: str) -> None:
    before = situated(situation)
    assert word(before, *advance(before, SAID[message])) == cells(MATRIX)[situation, message]


def test_no_pair_is_forgotten() -> None:
    assert set(cells(MATRIX)) == {(situation, message) for situation in SITUATIONS for message in SAID}


def test_every_phase_is_a_situation() -> None:
    assert {situated(name).phase for name in SITUATIONS} == set(Phase)


def test_every_message_to_a_rollout_is_said() -> None:
    heard = {cls for address, cls in MESSAGES.items() if address.startswith(("cmd.rollout.", "obs.rollout."))}
    assert {type(message) for message in SAID.values()} == {*heard, TimerFired}
