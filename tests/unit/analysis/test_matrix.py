"""Every message in every phase of an analysis: a pair that nobody thought of is a hole in this table."""

import pytest

from libs.analysis.machine import advance
from libs.analysis.state import Phase, Run, Series
from libs.messages.analysis import AnalysisHindered, CancelAnalysis
from libs.messages.codec import MESSAGES
from libs.messages.message import Message, Output, TimerFired
from tests.matrix import cells
from tests.unit.analysis.runs import ERRORS, LATENCY, a_run, answered, opened

# `next`: the next run is waited for. `again`: this one is asked for again. `told`: the state stays, something is said.
# `waits`: only a timer is armed again. `-`: nothing. What stands after a message's name tells its variants apart.
# `last` is asking too, for the last run and after all attempts but one.
MATRIX = """
                   | absent    waiting   asking    last      passed failed cancelled
Opened             | waiting   -         -         -         told   told   told
CancelAnalysis     | cancelled cancelled cancelled cancelled -      -      -
Answered-within    | -         -         next      -         -      -      -
Answered-outside   | -         -         next      -         -      -      -
Answered-nothing   | -         -         again     -         -      -      -
Answered-partly    | -         -         again     -         -      -      -
Answered-late      | -         -         -         passed    -      -      -
Answered-over      | -         -         -         failed    -      -      -
Answered-broken    | -         -         -         failed    -      -      -
TimerFired-ask     | -         asking    -         -         -      -      -
TimerFired-check   | -         -         waits     waits     -      -      -
TimerFired-unknown | -         -         -         -         -      -      -
"""

BEFORE = (Series(ERRORS, (0.01, 0.03)), Series(LATENCY, (100.0, 100.0)))

SITUATIONS = {
    "absent": Run(),
    "waiting": a_run(),
    "asking": a_run(Phase.ASKING),
    "last": a_run(Phase.ASKING, number=3, attempt=3, series=BEFORE, hindrance="error-rate: no data"),
    "passed": a_run(Phase.PASSED, reason="error-rate 0.01 <= 0.02"),
    "failed": a_run(Phase.FAILED, reason="error-rate 0.03 > 0.02"),
    "cancelled": a_run(Phase.CANCELLED),
}

SAID: dict[str, Message] = {
    "Opened": opened(),
    "CancelAnalysis": CancelAnalysis(run="strategy/2/0/prod"),
    "Answered-within": answered(1, 0.01, 100),
    "Answered-outside": answered(1, 0.5, 100),
    "Answered-nothing": answered(1, "no data", "no data"),
    "Answered-partly": answered(1, 0.01, "no data"),
    "Answered-late": answered(3, 0.02, 100, attempt=3),
    "Answered-over": answered(3, 0.03, 100, attempt=3),
    "Answered-broken": answered(3, 0.01, "no data", attempt=3),
    "TimerFired-ask": TimerFired(name="ask"),
    "TimerFired-check": TimerFired(name="check"),
    "TimerFired-unknown": TimerFired(name="unknown"),
}


def word(before: Run, after: Run, outputs: tuple[Output, ...]) -> str:
    if any(isinstance(output, AnalysisHindered) for output in outputs):
        return "again"
    if after.number > before.number:
        return "next"
    if after.phase is not before.phase:
        return after.phase
    if any(isinstance(output, Message) for output in outputs):
        return "told"
    return "waits" if outputs else "-"


@pytest.mark.parametrize(("situation", "message"), cells(MATRIX), ids="-".join)
def test_message_does_as_written(situation: str, message: str) -> None:
    before = SITUATIONS[situation]
    assert word(before, *advance(before, SAID[message])) == cells(MATRIX)[situation, message]


def test_no_pair_is_forgotten() -> None:
    assert set(cells(MATRIX)) == {(situation, message) for situation in SITUATIONS for message in SAID}


def test_every_phase_is_a_situation() -> None:
    assert {run.phase for run in SITUATIONS.values()} == set(Phase)


def test_every_message_to_an_analysis_is_said() -> None:
    # The order to start reaches the machine inside `Opened`, with the instant and the limits.
    heard = {cls for name, cls in MESSAGES.items() if name.startswith("obs.analysis.") or name == "cmd.analysis.cancel"}
    assert {type(message) for message in SAID.values()} == {*heard, TimerFired}
