"""Every message in every phase of a rollout: a pair that nobody thought of is a hole in this table."""

from collections.abc import Callable
from typing import get_args

import pytest
from msgspec.structs import replace

from libs.gates.passing import FromRun
from libs.gates.state import Outcome, Verdict, timer_name
from libs.messages.analysis import AnalysisFailed, AnalysisPassed
from libs.messages.codec import MESSAGES
from libs.messages.message import Message, Output, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    AdvanceStep,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    PauseRollout,
    RejectStep,
    ResumeRollout,
    RollBack,
    RolloutRefused,
    Settled,
    Surveyed,
)
from libs.messages.run import Place
from libs.messages.webhook import WebhookFailed, WebhookSucceeded
from libs.plan.model import Analysis, ApplyManifests, AwaitGates, Gate, Pause, RedirectTraffic, RunWebhook, SetWeight
from libs.rollout.machine import advance
from libs.rollout.state import Phase, Rollout, current, gates_of
from tests.builders import a_rollout, a_start, a_timed_pause, a_webhook, a_workload, an_analysis, an_approval
from tests.matrix import cells

# `next`: the next step begins. `noted`: the state changes within its phase. `told`: the state stays, something is said.
# `waits`: only a timer is armed again. `-`: nothing. What stands after a message's name tells its variants apart.
MATRIX = """
                       | absent      surveying   applying  redirecting landed    finishing
StartRollout           | surveying   -           -         -           told      -
FinishRollout          | -           -           -         -           finishing -
RollBack-person        | rolled_back rolled_back returning returning   returning refused
RollBack-deployment    | rolled_back rolled_back returning returning   returning refused
AbandonRollout         | refused     refused     refused   refused     refused   abandoned
PauseRollout           | refused     noted       noted     noted       refused   refused
PauseRollout-old       | refused     refused     refused   refused     refused   refused
ResumeRollout          | refused     refused     refused   refused     refused   refused
ResumeRollout-old      | refused     refused     refused   refused     refused   refused
ApproveStep            | refused     refused     refused   refused     refused   refused
ApproveStep-other      | refused     refused     refused   refused     refused   refused
RejectStep             | refused     refused     refused   refused     refused   refused
RejectStep-other       | refused     refused     refused   refused     refused   refused
AdvanceStep            | refused     refused     refused   refused     refused   refused
AdvanceStep-other      | refused     refused     refused   refused     refused   refused
WebhookSucceeded       | -           -           -         -           -         -
WebhookSucceeded-other | -           -           -         -           -         -
WebhookFailed          | -           -           -         -           -         -
WebhookFailed-other    | -           -           -         -           -         -
AnalysisPassed         | -           -           -         -           -         -
AnalysisPassed-other   | -           -           -         -           -         -
AnalysisFailed         | -           -           -         -           -         -
AnalysisFailed-other   | -           -           -         -           -         -
TimerFired-gate        | -           -           -         -           -         -
TimerFired-gate-other  | -           -           -         -           -         -
TimerFired-ready       | -           rolled_back returning returning   -         -
TimerFired-check       | -           waits       -         -           waits     waits
TimerFired-unknown     | -           -           -         -           -         -
Claimed                | -           noted       noted     noted       noted     noted
Claimed-again          | -           -           -         -           -         -
Surveyed               | -           progressing -         -           -         -
Surveyed-old           | -           -           -         -           -         -
Settled                | -           -           next      next        -         succeeded
Settled-old            | -           -           -         -           -         -
Hindered               | -           noted       noted     noted       noted     noted
Hindered-again         | -           -           -         -           -         -
Hindered-old           | -           -           -         -           -         -
Broken                 | -           rolled_back returning returning   noted     noted
Broken-old             | -           -           -         -           -         -

                       | pausing   deciding  calling   analysing judging   gathering
StartRollout           | -         -         -         -         -         -
FinishRollout          | -         -         -         -         -         -
RollBack-person        | returning returning returning returning returning returning
RollBack-deployment    | returning returning returning returning returning returning
AbandonRollout         | refused   refused   refused   refused   refused   refused
PauseRollout           | noted     noted     noted     noted     noted     noted
PauseRollout-old       | refused   refused   refused   refused   refused   refused
ResumeRollout          | refused   refused   refused   refused   refused   refused
ResumeRollout-old      | refused   refused   refused   refused   refused   refused
ApproveStep            | refused   next      refused   refused   next      noted
ApproveStep-other      | refused   refused   refused   refused   refused   refused
RejectStep             | refused   returning refused   refused   returning returning
RejectStep-other       | refused   refused   refused   refused   refused   refused
AdvanceStep            | next      next      next      next      next      noted
AdvanceStep-other      | refused   refused   refused   refused   refused   refused
WebhookSucceeded       | -         -         next      -         -         noted
WebhookSucceeded-other | -         -         -         -         -         -
WebhookFailed          | -         -         returning -         -         returning
WebhookFailed-other    | -         -         -         -         -         -
AnalysisPassed         | -         -         -         next      -         noted
AnalysisPassed-other   | -         -         -         -         -         -
AnalysisFailed         | -         -         -         noted     -         returning
AnalysisFailed-other   | -         -         -         -         -         -
TimerFired-gate        | next      returning -         -         -         returning
TimerFired-gate-other  | -         -         -         -         -         -
TimerFired-ready       | -         -         -         -         -         -
TimerFired-check       | waits     waits     told      told      waits     told
TimerFired-unknown     | -         -         -         -         -         -
Claimed                | noted     noted     noted     noted     noted     noted
Claimed-again          | -         -         -         -         -         -
Surveyed               | -         -         -         -         -         -
Surveyed-old           | -         -         -         -         -         -
Settled                | -         -         -         -         -         -
Settled-old            | -         -         -         -         -         -
Hindered               | noted     noted     noted     noted     noted     noted
Hindered-again         | -         -         -         -         -         -
Hindered-old           | -         -         -         -         -         -
Broken                 | returning returning returning returning returning returning
Broken-old             | -         -         -         -         -         -

                       | staying   holding   held        returning   succeeded rolled_back abandoned
StartRollout           | -         -         -           -           told      told        told
FinishRollout          | -         -         -           -           told      told        told
RollBack-person        | returning returning returning   refused     refused   refused     refused
RollBack-deployment    | returning returning returning   -           told      told        told
AbandonRollout         | refused   refused   refused     abandoned   refused   refused     refused
PauseRollout           | refused   refused   refused     refused     refused   refused     refused
PauseRollout-old       | refused   refused   refused     refused     refused   refused     refused
ResumeRollout          | noted     noted     progressing refused     refused   refused     refused
ResumeRollout-old      | refused   refused   refused     refused     refused   refused     refused
ApproveStep            | refused   refused   refused     refused     refused   refused     refused
ApproveStep-other      | refused   refused   refused     refused     refused   refused     refused
RejectStep             | refused   refused   refused     refused     refused   refused     refused
RejectStep-other       | refused   refused   refused     refused     refused   refused     refused
AdvanceStep            | refused   held      refused     refused     refused   refused     refused
AdvanceStep-other      | refused   refused   refused     refused     refused   refused     refused
WebhookSucceeded       | -         -         -           -           -         -           -
WebhookSucceeded-other | -         -         -           -           -         -           -
WebhookFailed          | -         -         -           -           -         -           -
WebhookFailed-other    | -         -         -           -           -         -           -
AnalysisPassed         | -         -         -           -           -         -           -
AnalysisPassed-other   | -         -         -           -           -         -           -
AnalysisFailed         | -         -         -           -           -         -           -
AnalysisFailed-other   | -         -         -           -           -         -           -
TimerFired-gate        | -         held      -           -           -         -           -
TimerFired-gate-other  | -         -         -           -           -         -           -
TimerFired-ready       | returning -         -           -           -         -           -
TimerFired-check       | -         waits     waits       waits       -         -           -
TimerFired-unknown     | -         -         -           -           -         -           -
Claimed                | noted     noted     noted       noted       -         -           -
Claimed-again          | -         -         -           -           -         -           -
Surveyed               | -         -         -           -           -         -           -
Surveyed-old           | -         -         -           -           -         -           -
Settled                | held      -         -           rolled_back -         -           -
Settled-old            | -         -         -           -           -         -           -
Hindered               | noted     noted     noted       noted       -         -           -
Hindered-again         | -         -         -           -           -         -           -
Hindered-old           | -         -         -           -           -         -           -
Broken                 | returning returning returning   noted       -         -           -
Broken-old             | -         -         -           -           -         -           -
"""

STEPS = (
    ApplyManifests(),
    a_timed_pause(),
    an_approval(expires_seconds=60),
    a_webhook(),
    an_analysis(failed=True),
    AwaitGates("redirectTrafficAfter", (an_approval(expires_seconds=60), a_webhook(), an_analysis())),
    RedirectTraffic(),
    SetWeight(weight=100),
)
GOAL = 7
ASKED = {4: (Outcome(0, Verdict.ASKING, "analysis failed: too many errors"),)}

SITUATIONS = {
    "absent": Rollout(),
    "surveying": a_rollout(Phase.SURVEYING),
    "applying": a_rollout(step=0),
    "pausing": a_rollout(step=1),
    "deciding": a_rollout(step=2),
    "calling": a_rollout(step=3),
    "analysing": a_rollout(step=4),
    "judging": a_rollout(step=4, outcomes=ASKED),
    "gathering": a_rollout(step=5),
    "redirecting": a_rollout(step=6),
    "staying": a_rollout(step=0, held_by="bob", holds=1),
    "holding": a_rollout(step=1, held_by="bob", holds=1),
    "held": a_rollout(Phase.HELD, step=2, held_by="bob", holds=1),
    "landed": a_rollout(Phase.LANDED, step=8),
    "finishing": a_rollout(Phase.FINISHING, step=8),
    "returning": a_rollout(Phase.RETURNING, step=2, reason="too slow"),
    "succeeded": a_rollout(Phase.SUCCEEDED, step=8),
    "rolled_back": a_rollout(Phase.ROLLED_BACK, step=2, reason="too slow"),
    "abandoned": a_rollout(Phase.ABANDONED, step=2, reason="cluster is gone", by="ann"),
}

SAID: dict[str, Message] = {
    "StartRollout": a_start(),
    "FinishRollout": FinishRollout(target="prod"),
    "RollBack-person": RollBack(target="prod", by="ann"),
    "RollBack-deployment": RollBack(target="prod", reason="aborted by ann"),
    "AbandonRollout": AbandonRollout(target="prod", by="ann", reason="cluster is gone"),
    "PauseRollout": PauseRollout(target="prod", hold=1, by="ann"),
    "PauseRollout-old": PauseRollout(target="prod", hold=0, by="ann"),
    "ResumeRollout": ResumeRollout(target="prod", hold=1, by="ann"),
    "ResumeRollout-old": ResumeRollout(target="prod", hold=0, by="ann"),
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
    "TimerFired-check": TimerFired(name="check"),
    "TimerFired-unknown": TimerFired(name="unknown"),
}

ABOUT: dict[str, Callable[[int, int], Message]] = {
    "ApproveStep": lambda step, gate: ApproveStep(target="prod", step=step, gate=gate, by="ann"),
    "RejectStep": lambda step, gate: RejectStep(target="prod", step=step, gate=gate, by="ann"),
    "AdvanceStep": lambda step, gate: AdvanceStep(target="prod", step=step, gate=gate, by="ann"),
    "WebhookSucceeded": lambda step, gate: WebhookSucceeded(target="prod", place=at(step, gate), name="smoke"),
    "WebhookFailed": lambda step, gate: WebhookFailed(target="prod", place=at(step, gate), name="smoke", reason="503"),
    "AnalysisPassed": lambda step, gate: AnalysisPassed(target="prod", place=at(step, gate), reason="within limits"),
    "AnalysisFailed": lambda step, gate: AnalysisFailed(target="prod", place=at(step, gate), reason="too many errors"),
    "TimerFired-gate": lambda step, gate: TimerFired(name=timer_name("prod", at(step, gate))),
}
"""Said about a gate: of the current step, the one of its kind; `-other`: the same of the step before."""

KINDS: dict[str, type[Gate]] = {"Webhook": RunWebhook, "Analysis": Analysis}


def at(step: int, gate: int) -> Place:
    return Place("strategy", step, gate)


def message_for(name: str, rollout: Rollout) -> Message:
    if name in SAID:
        return SAID[name]
    what, other, _ = name.partition("-other")
    step = current(rollout)
    kind = next((kind for prefix, kind in KINDS.items() if what.startswith(prefix)), Pause)
    gates = gates_of(step) if step else ()
    gate = next((index for index, gate in enumerate(gates) if isinstance(gate, kind)), 0)
    return ABOUT[what](rollout.step - bool(other), gate)


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
    assert word(before, *advance(before, message_for(message, before))) == cells(MATRIX)[situation, message]


def test_no_pair_is_forgotten() -> None:
    about = [f"{name}{other}" for name in ABOUT for other in ("", "-other")]
    assert set(cells(MATRIX)) == {(situation, message) for situation in SITUATIONS for message in [*SAID, *about]}


def test_every_phase_is_a_situation() -> None:
    assert {situated(name).phase for name in SITUATIONS} == set(Phase)


def test_every_message_to_a_rollout_is_said() -> None:
    heard = {cls for address, cls in MESSAGES.items() if address.startswith(("cmd.rollout.", "obs.rollout."))}
    said = {type(message_for(name, a_rollout())) for name in [*SAID, *ABOUT]}
    assert said == {*heard, *get_args(FromRun), TimerFired}
