"""A rollout that a person holds: what is being done is done to its end, and nothing else begins."""

from libs.messages.message import Arm, Disarm, TimerFired
from libs.messages.rollout import (
    PauseRollout,
    ResumeRollout,
    RollBack,
    RolloutPaused,
    RolloutRefused,
    RolloutResumed,
)
from libs.plan.model import (
    ApplyManifests,
    SetWeight,
)
from libs.rollout.machine import advance
from libs.rollout.state import Phase, current
from tests.builders import (
    a_rollout,
    a_timed_pause,
    a_workload,
)
from tests.unit.rollout.said import CHECK, LANDED, ended, settled, started, survey, timer


def pause(hold: int = 1) -> PauseRollout:
    return PauseRollout(target="prod", hold=hold, by="bob")


def resume(hold: int = 1) -> ResumeRollout:
    return ResumeRollout(target="prod", hold=hold, by="bob")


def test_hold_lets_the_step_end_but_no_other_begin() -> None:
    holding, told = advance(a_rollout(), pause())
    assert told == (RolloutPaused(target="prod", by="bob"),)
    held, told = advance(holding, settled())
    assert held == a_rollout(Phase.HELD, step=1, goal=1, held_by="bob", holds=1)
    assert told == (Disarm("ready"), ended(0), CHECK)
    free, told = advance(held, resume())
    assert free == a_rollout(step=1, goal=2, holds=1)
    resumed = RolloutResumed(target="prod", by="bob")
    assert told == (resumed, Disarm("check"), started(1, SetWeight(weight=25)), Arm("ready", 1800))


def test_hold_before_the_survey_changes_nothing_in_the_cluster() -> None:
    holding, _ = advance(a_rollout(Phase.SURVEYING), pause())
    held, told = advance(holding, survey(a_workload()))
    assert (held.phase, held.step, told) == (Phase.HELD, 0, (Disarm("ready"), CHECK))
    assert started(0, ApplyManifests()) in advance(held, resume())[1]


def test_time_that_passes_while_held_has_passed() -> None:
    holding = a_rollout(step=1, steps=(ApplyManifests(), a_timed_pause(), SetWeight(weight=9)), held_by="bob", holds=1)
    held, _ = advance(holding, TimerFired(name=timer(1)))
    assert (held.phase, held.step) == (Phase.HELD, 2)
    assert current(advance(held, resume())[0]) == SetWeight(weight=9)


def test_last_step_lands_only_when_let_go() -> None:
    held, _ = advance(a_rollout(step=3, goal=4, held_by="bob", holds=1), settled(4))
    landed, told = advance(held, resume())
    assert (held.phase, landed.phase) == (Phase.HELD, Phase.LANDED)
    assert LANDED in told


def test_held_rollout_can_go_back() -> None:
    back, _ = advance(a_rollout(Phase.HELD, step=1, held_by="bob", holds=1), RollBack(target="prod", by="ann"))
    assert (back.phase, back.held_by) == (Phase.RETURNING, "")


def test_late_pause_holds_nothing_again() -> None:
    free = a_rollout(step=1, holds=1)
    refused = RolloutRefused(target="prod", order="cmd.rollout.pause", reason="prod was held and let go meanwhile")
    assert advance(free, pause()) == (free, (refused,))
    assert advance(free, pause(2))[0].held_by == "bob"
