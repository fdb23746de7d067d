"""What a person, or the deployment, orders of a rollout: done, or refused in words."""

from msgspec.structs import replace

from libs.gates import passing
from libs.gates.passing import Moved
from libs.messages.machine import Transition
from libs.messages.message import Disarm
from libs.messages.reason import because
from libs.messages.rollout import (
    AbandonRollout,
    AdvanceStep,
    ApproveStep,
    PauseRollout,
    RejectStep,
    ResumeRollout,
    RollBack,
    RolloutPaused,
    RolloutRefused,
    RolloutResumed,
)
from libs.messages.run import Place
from libs.rollout.state import Phase, Rollout, asks_cluster, current, passage
from libs.rollout.walking import CHECK, end, enter, go_back, pass_gates

GateOrder = ApproveStep | RejectStep | AdvanceStep
HoldOrder = PauseRollout | ResumeRollout
Order = GateOrder | HoldOrder | RollBack | AbandonRollout

HOLDABLE = frozenset({Phase.SURVEYING, Phase.PROGRESSING, Phase.HELD})
"""Where a next step is still to come."""


def obey(rollout: Rollout, order: Order) -> Transition[Rollout]:
    match order:
        case ApproveStep() | RejectStep() | AdvanceStep():
            return _decide(rollout, order)
        case PauseRollout() | ResumeRollout():
            return _hold(rollout, order)
        case RollBack() | AbandonRollout() if refusal := _end_refusal(rollout, order):
            return _refuse(rollout, order, refusal)
        case RollBack() if rollout.phase is Phase.ABSENT:
            return _never(order)
        case RollBack():
            return go_back(rollout, _return_reason(order), cancelled=True)
        case AbandonRollout():
            reason = because(f"abandoned by {order.by}", order.reason)
            return end(replace(rollout, by=order.by, reason=reason), Phase.ABANDONED)


def _decide(rollout: Rollout, order: GateOrder) -> Transition[Rollout]:
    moved = _moved(rollout, order)
    return pass_gates(rollout, moved) if moved else _refuse(rollout, order, _gate_refusal(rollout, order))


def _moved(rollout: Rollout, order: GateOrder) -> Moved | None:
    gates, place = passage(rollout), Place("strategy", order.step, order.gate)
    if gates is None:
        return None
    match order:
        case ApproveStep():
            return passing.approve(gates, place, order.by)
        case RejectStep():
            return passing.reject(gates, place, order.by, order.reason)
        case AdvanceStep():
            return passing.skip(gates, place, order.by)


def _gate_refusal(rollout: Rollout, order: GateOrder) -> str:
    step = current(rollout)
    meant = f"step {order.step + 1} of {order.target}"
    if not isinstance(order, AdvanceStep):
        return f"{meant} does not wait for approval"
    if rollout.phase is Phase.HELD:
        return f"{order.target} is held by {rollout.held_by}; resume it"
    if step is not None and asks_cluster(step) and order.step == rollout.step:
        return f"{meant} is being done by the cluster; only waiting can be skipped"
    return f"{meant} is not being waited for"


def _hold(rollout: Rollout, order: HoldOrder) -> Transition[Rollout]:
    if refusal := _hold_refusal(rollout, order):
        return _refuse(rollout, order, refusal)
    if isinstance(order, PauseRollout):
        held = replace(rollout, held_by=order.by, holds=order.hold)
        return held, (RolloutPaused(target=order.target, by=order.by, reason=order.reason),)
    told = RolloutResumed(target=order.target, by=order.by)
    free = replace(rollout, held_by="")
    return enter(free, rollout.step, (told, Disarm(CHECK))) if rollout.phase is Phase.HELD else (free, (told,))


def _hold_refusal(rollout: Rollout, order: HoldOrder) -> str:
    if rollout.phase not in HOLDABLE:
        return f"{order.target} has no next step to hold: it is {_words(rollout.phase)}"
    if isinstance(order, ResumeRollout) and not rollout.held_by:
        return f"{order.target} is not held"
    if isinstance(order, PauseRollout) and rollout.held_by:
        return f"{order.target} is held by {rollout.held_by} already"
    known = rollout.holds if isinstance(order, ResumeRollout) else rollout.holds + 1
    return "" if order.hold == known else f"{order.target} was held and let go meanwhile"


def _end_refusal(rollout: Rollout, order: RollBack | AbandonRollout) -> str:
    phase = rollout.phase
    match order:
        case RollBack() if phase in (Phase.FINISHING, Phase.SUCCEEDED):
            return f"{order.target} is finished and its old version is gone; deploy the previous version instead"
        case RollBack() if phase in (Phase.RETURNING, Phase.ROLLED_BACK, Phase.ABANDONED):
            return f"{order.target} is {_words(phase)} already"
        case AbandonRollout() if phase not in (Phase.RETURNING, Phase.FINISHING):
            return f"only a rollout that is returning or finishing can be abandoned; {order.target} is {phase}"
        case _:
            return ""


def _refuse(rollout: Rollout, order: Order, reason: str) -> Transition[Rollout]:
    return rollout, (RolloutRefused(target=order.target, order=order.address, reason=reason),)


def _never(order: RollBack) -> Transition[Rollout]:
    """A return that comes before its start: the start that follows finds a finished rollout and starts nothing."""
    never = Rollout(target=order.target, reason=_return_reason(order), cancelled=True)
    return end(never, Phase.ROLLED_BACK)


def _return_reason(order: RollBack) -> str:
    return because(f"rolled back by {order.by}", order.reason) if order.by else order.reason


def _words(phase: Phase) -> str:
    return phase.replace("_", " ")
