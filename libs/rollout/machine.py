"""How a rollout decides.

    absent ──StartRollout──▶ surveying ──Surveyed──▶ progressing ──steps done──▶ landed ──FinishRollout──▶ finishing
                                 │                       │                          │                         │
                                 │ time-out, RollBack    │ time-out, Broken,        │ RollBack                │ Settled
                                 │                       │ RejectStep, RollBack     │                         ▼
                                 ▼                       ▼                          │                     succeeded
                            rolled_back ◀──Settled── returning ◀────────────────────┘

A goal is what should be true in the cluster; each new one gets the next number. `Settled`, `Hindered` and `Broken` name
the goal that they speak of. Neither going back nor finishing has a deadline: it is tried until it is true, or until a
person abandons it.
"""

from msgspec.structs import replace

from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Disarm, Message, Output, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    ApproveStep,
    Broken,
    Claimed,
    FinishRollout,
    Hindered,
    RejectStep,
    RollBack,
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutRefused,
    RolloutReturning,
    RolloutRolledBack,
    RolloutStarted,
    RolloutSucceeded,
    Settled,
    StartRollout,
    StepEnded,
    StepStarted,
    Surveyed,
)
from libs.plan.model import Pause, SetWeight
from libs.rollout.state import TERMINAL, Phase, Rollout, asks_cluster, current, has_stable, is_live, is_terminal

READY = "ready"
"""The time the cluster has to make a goal true; only going forward has one."""
PAUSE = "pause"
APPROVAL = "approval"
CHECK = "check"
"""Wakes a rollout that waits for something without a deadline of its own, so that no lost message can strand it."""
CHECK_SECONDS = 900

ASKED_AGAIN = TERMINAL | {Phase.RETURNING}
"""Where the deployment's own orders have nothing left to do: it repeats one because an answer may have been lost."""

Order = ApproveStep | RejectStep | RollBack | AbandonRollout


def advance(rollout: Rollout, message: Message) -> Transition[Rollout]:
    """Apply one message. A message that no longer applies changes nothing; a person's order is refused in words."""
    match message:
        case StartRollout() if rollout.phase is Phase.ABSENT:
            return _start(message)
        case Claimed() if is_live(rollout) and message.process != rollout.process:
            return replace(rollout, epoch=rollout.epoch + 1, process=message.process), ()
        case Surveyed() | Settled() | Hindered() | Broken() if is_live(rollout) and message.goal == rollout.goal:
            return _observe(rollout, message)
        case TimerFired():
            return _wake(rollout, message.name)
        case FinishRollout() if rollout.phase is Phase.LANDED:
            finishing = replace(rollout, phase=Phase.FINISHING, goal=rollout.goal + 1, hindrance="")
            return finishing, (*_unhinder(rollout), Arm(CHECK, CHECK_SECONDS))
        case StartRollout() | FinishRollout() | RollBack(by="") if rollout.phase in ASKED_AGAIN:
            return rollout, _outcome(rollout)
        case ApproveStep() | RejectStep() | RollBack() | AbandonRollout():
            return _obey(rollout, message)
        case _:
            return rollout, ()


def _start(order: StartRollout) -> Transition[Rollout]:
    rollout = Rollout(
        phase=Phase.SURVEYING,
        target=order.target,
        application=order.application,
        agent=order.agent,
        namespace=order.namespace,
        manifests=order.manifests,
        steps=order.steps,
        timeout_seconds=order.timeout_seconds,
        definitions=order.definitions,
        services=order.services,
        keeps_deployment=order.keeps_deployment,
    )
    return rollout, (RolloutStarted(target=order.target), Arm(READY, order.timeout_seconds))


def _observe(rollout: Rollout, seen: Surveyed | Settled | Hindered | Broken) -> Transition[Rollout]:
    match rollout.phase, seen:
        case Phase.SURVEYING, Surveyed():
            surveyed = replace(rollout, phase=Phase.PROGRESSING, workloads=seen.workloads, snapshot=seen.snapshot)
            return _enter(surveyed, 0, (Disarm(READY),))
        case Phase.PROGRESSING, Settled() if asks_cluster(rollout.steps[rollout.step]):
            return _next(rollout, (Disarm(READY),))
        case Phase.FINISHING, Settled():
            return _end(rollout, Phase.SUCCEEDED)
        case Phase.RETURNING, Settled():
            return _end(rollout, Phase.ROLLED_BACK)
        case Phase.SURVEYING | Phase.PROGRESSING, Broken():
            return _go_back(rollout, seen.reason)
        case _, Hindered() | Broken() if seen.reason != rollout.hindrance:
            hindered = replace(rollout, hindrance=seen.reason)
            return hindered, (RolloutHindered(target=rollout.target, reason=seen.reason),)
        case _:
            return rollout, ()


def _next(rollout: Rollout, so_far: tuple[Output, ...], by: str = "") -> Transition[Rollout]:
    """End the current step and enter the one after it."""
    ended = StepEnded(target=rollout.target, step=rollout.step, by=by)
    return _enter(rollout, rollout.step + 1, (*so_far, ended))


def _enter(rollout: Rollout, index: int, so_far: tuple[Output, ...]) -> Transition[Rollout]:
    if not has_stable(rollout):
        index = _skip(rollout, index)
    entered = replace(rollout, step=index, goal=rollout.goal + 1, hindrance="")
    outputs = (*so_far, *_unhinder(rollout))
    if index == len(rollout.steps):
        told = RolloutLanded(target=rollout.target)
        return replace(entered, phase=Phase.LANDED), (*outputs, told, Arm(CHECK, CHECK_SECONDS))
    started = StepStarted(target=rollout.target, step=index, what=rollout.steps[index])
    return entered, (*outputs, started, _deadline(rollout, index))


def _skip(rollout: Rollout, index: int) -> int:
    """A first deployment has nothing to compare with: of its steps only applying and the full weight are walked."""
    full = max((i for i, step in enumerate(rollout.steps) if isinstance(step, SetWeight)), default=0)
    if index in (0, full):
        return index
    return full if index < full else len(rollout.steps)


def _deadline(rollout: Rollout, index: int) -> Arm:
    match rollout.steps[index]:
        case Pause(seconds=int(seconds)):
            return Arm(PAUSE, seconds)
        case Pause(approval=approval) if approval is not None and approval.expires_seconds is not None:
            return Arm(APPROVAL, approval.expires_seconds)
        case Pause():
            return Arm(CHECK, CHECK_SECONDS)
        case _:
            return Arm(READY, rollout.timeout_seconds)


def _wake(rollout: Rollout, timer: str) -> Transition[Rollout]:
    match rollout.phase, timer:
        case Phase.PROGRESSING, _ if timer != _deadline(rollout, rollout.step).name:
            return rollout, ()
        case Phase.SURVEYING | Phase.PROGRESSING, "ready":
            waited = f"not done within {rollout.timeout_seconds} s"
            return _go_back(rollout, f"{waited}: {rollout.hindrance}" if rollout.hindrance else waited)
        case Phase.PROGRESSING, "pause":
            return _next(rollout, ())
        case Phase.PROGRESSING, "approval":
            return _go_back(rollout, "approval expired", cancelled=True)
        case Phase.LANDED, "check":
            return rollout, (RolloutLanded(target=rollout.target), Arm(CHECK, CHECK_SECONDS))
        case _, "check" if is_live(rollout):
            return rollout, (Arm(CHECK, CHECK_SECONDS),)
        case _:
            return rollout, ()


def _obey(rollout: Rollout, order: Order) -> Transition[Rollout]:
    """A person's order, or a refusal that says why not."""
    if refusal := _refusal(rollout, order):
        return rollout, (RolloutRefused(target=order.target, order=order.address, reason=refusal),)
    match order:
        case ApproveStep():
            return _next(rollout, (Disarm(APPROVAL), Disarm(CHECK)), by=order.by)
        case RejectStep():
            return _go_back(rollout, _because(f"rejected by {order.by}", order.reason), cancelled=True)
        case RollBack() if rollout.phase is Phase.ABSENT:
            return _never(order)
        case RollBack():
            return _go_back(rollout, _return_reason(order), cancelled=True)
        case AbandonRollout():
            reason = _because(f"abandoned by {order.by}", order.reason)
            return _end(replace(rollout, by=order.by, reason=reason), Phase.ABANDONED)


def _refusal(rollout: Rollout, order: Order) -> str:
    """Why the order does not apply; empty where it does."""
    phase = rollout.phase
    match order:
        case ApproveStep() | RejectStep():
            step = current(rollout)
            waits = isinstance(step, Pause) and step.approval is not None and order.step == rollout.step
            return "" if waits else f"step {order.step} of {order.target} does not wait for approval"
        case RollBack() if phase in (Phase.FINISHING, Phase.SUCCEEDED):
            return f"{order.target} is finished and its old version is gone; deploy the previous version instead"
        case RollBack() if phase in (Phase.RETURNING, Phase.ROLLED_BACK, Phase.ABANDONED):
            return f"{order.target} is {phase.replace('_', ' ')} already"
        case AbandonRollout() if phase not in (Phase.RETURNING, Phase.FINISHING):
            return f"only a rollout that is returning or finishing can be abandoned; {order.target} is {phase}"
        case _:
            return ""


def _never(order: RollBack) -> Transition[Rollout]:
    """A return that comes before its start: the start that follows finds a finished rollout and starts nothing."""
    never = Rollout(target=order.target, reason=_return_reason(order), cancelled=True)
    return _end(never, Phase.ROLLED_BACK)


def _return_reason(order: RollBack) -> str:
    return _because(f"rolled back by {order.by}", order.reason) if order.by else order.reason


def _go_back(rollout: Rollout, reason: str, *, cancelled: bool = False) -> Transition[Rollout]:
    back = replace(
        rollout, phase=Phase.RETURNING, goal=rollout.goal + 1, hindrance="", reason=reason, cancelled=cancelled
    )
    told = (*_unhinder(rollout), RolloutReturning(target=rollout.target, reason=reason))
    if not rollout.snapshot:  # nothing was changed before the survey was committed
        ended, more = _end(back, Phase.ROLLED_BACK)
        return ended, (*told, *more)
    return back, (*told, Disarm(READY), Disarm(PAUSE), Disarm(APPROVAL), Arm(CHECK, CHECK_SECONDS))


def _end(rollout: Rollout, phase: Phase) -> Transition[Rollout]:
    ended = replace(rollout, phase=phase, hindrance="")
    return ended, (*_unhinder(rollout), *_outcome(ended))


def _outcome(rollout: Rollout) -> tuple[Output, ...]:
    """How it ended, as it is told the first time and whenever it is asked again; nothing before it has."""
    target, reason = rollout.target, rollout.reason
    match rollout.phase:
        case Phase.SUCCEEDED:
            return (RolloutSucceeded(target=target),)
        case Phase.ROLLED_BACK:
            return (RolloutRolledBack(target=target, reason=reason, cancelled=rollout.cancelled),)
        case Phase.ABANDONED:
            return (RolloutAbandoned(target=target, by=rollout.by, reason=reason),)
        case _:
            return ()


def _unhinder(rollout: Rollout) -> tuple[Output, ...]:
    return (RolloutHindered(target=rollout.target, reason=""),) if rollout.hindrance else ()


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


MACHINE = Machine(noun="rollout", state=Rollout, initial=Rollout(), advance=advance, is_terminal=is_terminal)
