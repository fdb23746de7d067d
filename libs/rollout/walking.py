"""How a rollout walks its steps: into one, through its gates, on to the next, and back.

Each function takes a rollout and gives it back moved, with what is to be said; `so_far` is what was said already.
"""

from msgspec.structs import replace

from libs.gates import passing
from libs.gates.passing import Moved
from libs.gates.state import Outcome, Verdict, failure, open_gates
from libs.messages.machine import Transition
from libs.messages.message import Arm, Disarm, Output
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutSucceeded,
    StepEnded,
    StepStarted,
)
from libs.plan.model import DeployGreen, RunWebhook, SetWeight, Step
from libs.rollout.state import (
    Phase,
    Rollout,
    gates_of,
    has_stable,
    is_walked,
    passage,
    replica_sets,
)
from libs.rollout.traffic import weight_of

READY = "ready"
"""The time the cluster has to make a goal true; only going forward has one."""
CHECK = "check"
"""Wakes a rollout that waits for something without a deadline of its own, so that no lost message can strand it."""
CHECK_SECONDS = 900

WAIT = Arm(CHECK, CHECK_SECONDS)

_FIRST = "a first deployment has nothing to compare with"


def enter(rollout: Rollout, index: int, so_far: tuple[Output, ...] = ()) -> Transition[Rollout]:
    """Begin the first step from `index` on that is walked, or land; one that is held waits instead."""
    walked = (i for i in range(index, len(rollout.steps)) if is_walked(rollout, i))
    there = replace(rollout, step=next(walked, len(rollout.steps)), hindrance="")
    outputs = (*so_far, *unhinder(rollout))
    if rollout.held_by:
        return replace(there, phase=Phase.HELD), (*outputs, WAIT)
    if there.step == len(rollout.steps):
        landed = replace(there, phase=Phase.LANDED, goal=rollout.goal + 1)
        return landed, (*outputs, told_landed(landed), WAIT)
    begun, told = _begin(replace(there, phase=Phase.PROGRESSING, goal=rollout.goal + 1))
    return begun, (*outputs, *told)


def end_step(rollout: Rollout, so_far: tuple[Output, ...] = ()) -> Transition[Rollout]:
    """The current step is done: go on to the one after it."""
    return enter(rollout, rollout.step + 1, (*so_far, StepEnded(target=rollout.target, step=rollout.step)))


def pass_gates(rollout: Rollout, moved: Moved) -> Transition[Rollout]:
    """Something became of the current step's gates: one that failed leads back, the last one passed leads on."""
    outcomes, told = moved
    after = replace(rollout, outcomes={**rollout.outcomes, rollout.step: outcomes})
    gates = passage(after)
    assert gates is not None, "only a step that has gates gets here"
    if failed := failure(gates):
        return go_back(after, failed.message, cancelled=failed.cancelled, so_far=told)
    return (after, told) if open_gates(gates) else end_step(after, (*told, Disarm(CHECK)))


def go_back(
    rollout: Rollout, reason: str, *, cancelled: bool = False, so_far: tuple[Output, ...] = ()
) -> Transition[Rollout]:
    back = replace(
        rollout,
        phase=Phase.RETURNING,
        goal=rollout.goal + 1,
        hindrance="",
        held_by="",
        reason=reason,
        cancelled=cancelled,
    )
    told = (*so_far, *unhinder(rollout), RolloutReturning(target=rollout.target, reason=reason))
    if not rollout.snapshot:  # nothing was changed before the survey was committed
        ended, more = end(back, Phase.ROLLED_BACK)
        return ended, (*told, *more)
    gates = passage(rollout)
    return back, (*told, *(passing.stop(gates) if gates else ()), Disarm(READY), WAIT)


def end(rollout: Rollout, phase: Phase) -> Transition[Rollout]:
    ended = replace(rollout, phase=phase, hindrance="")
    return ended, (*unhinder(rollout), *outcome(ended))


def outcome(rollout: Rollout) -> tuple[Output, ...]:
    """How it ended, as it is told the first time and whenever it is asked again; nothing before it has."""
    target, reason = rollout.target, rollout.reason
    match rollout.phase:
        case Phase.SUCCEEDED:
            return (RolloutSucceeded(target=target),)
        case Phase.ROLLED_BACK:
            return (_rolled_back(rollout),)
        case Phase.ABANDONED:
            return (RolloutAbandoned(target=target, by=rollout.by, reason=reason),)
        case _:
            return ()


def _rolled_back(rollout: Rollout) -> RolloutRolledBack:
    return RolloutRolledBack(
        target=rollout.target,
        reason=rollout.reason,
        cancelled=rollout.cancelled,
        first=bool(rollout.workloads) and not has_stable(rollout),
        untouched=not rollout.snapshot,
    )


def told_landed(rollout: Rollout) -> RolloutLanded:
    return RolloutLanded(target=rollout.target, replica_sets=replica_sets(rollout))


def unhinder(rollout: Rollout) -> tuple[Output, ...]:
    return (RolloutHindered(target=rollout.target, reason=""),) if rollout.hindrance else ()


def _begin(rollout: Rollout) -> Transition[Rollout]:
    step = rollout.steps[rollout.step]
    alone = isinstance(step, DeployGreen | SetWeight) and not has_stable(rollout)
    started = StepStarted(target=rollout.target, step=rollout.step, what=_meant(rollout, step), alone=alone)
    if not gates_of(step):
        return rollout, (started, Arm(READY, rollout.timeout_seconds))
    begun = replace(rollout, outcomes=rollout.outcomes | _left_out(rollout, step))
    gates = passage(begun)
    assert gates is not None, "this step has gates"
    return begun, (started, *passing.begin(gates), WAIT)


def _meant(rollout: Rollout, step: Step) -> Step:
    return SetWeight(weight_of(rollout, step)) if isinstance(step, SetWeight) else step


def _left_out(rollout: Rollout, step: Step) -> dict[int, tuple[Outcome, ...]]:
    """Of a step's gates, those that a first deployment goes on without."""
    if has_stable(rollout):
        return {}
    others = (index for index, gate in enumerate(gates_of(step)) if not isinstance(gate, RunWebhook))
    skipped = tuple(Outcome(index, Verdict.SKIPPED, _FIRST) for index in others)
    return {rollout.step: skipped} if skipped else {}
