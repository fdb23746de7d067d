"""How a rollout decides.

    absent ──StartRollout──▶ surveying ──Surveyed──▶ progressing ──steps done──▶ landed ──FinishRollout──▶ finishing
                                 │                    │  ▲  │                       │                         │
                                 │              step  │  │  │                       │                         │ Settled
                                 │              done, │  │ ResumeRollout            │                         ▼
                                 │              held  ▼  │  │                       │                     succeeded
                                 │                    held  │ time-out, Broken,     │ RollBack
                                 │ time-out, RollBack    │  │ gate failed, RollBack │
                                 ▼                       ▼  ▼                       │
                            rolled_back ◀──Settled── returning ◀────────────────────┘

A goal is what should be true in the cluster; each new one gets the next number. `Settled`, `Hindered` and `Broken` name
the goal that they speak of. Neither going back nor finishing has a deadline: it is tried until it is true, or until a
person abandons it. How steps are walked is in `walking.py`, what people may order in `orders.py`.
"""

from msgspec.structs import replace

from libs.gates import passing
from libs.gates.passing import FromRun
from libs.messages.analysis import AnalysisFailed, AnalysisPassed
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Disarm, Message, TimerFired
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
    RolloutHindered,
    RolloutStarted,
    Settled,
    StartRollout,
    Surveyed,
)
from libs.messages.webhook import WebhookFailed, WebhookSucceeded
from libs.rollout.orders import obey
from libs.rollout.state import TERMINAL, Phase, Rollout, asks_cluster, current, is_live, is_terminal, passage
from libs.rollout.walking import (
    CHECK,
    READY,
    WAIT,
    end,
    end_step,
    enter,
    go_back,
    outcome,
    pass_gates,
    told_landed,
    unhinder,
)

ASKED_AGAIN = TERMINAL | {Phase.RETURNING}
"""Where the deployment's own orders have nothing left to do: it repeats one because an answer may have been lost."""

Seen = Surveyed | Settled | Hindered | Broken


def advance(rollout: Rollout, message: Message) -> Transition[Rollout]:
    """Apply one message. A message that no longer applies changes nothing; a person's order is refused in words."""
    match message:
        case StartRollout() | FinishRollout() | RollBack(by=""):
            return _lead(rollout, message)
        case Claimed() | Surveyed() | Settled() | Hindered() | Broken():
            return _attend(rollout, message)
        case TimerFired():
            return _wake(rollout, message.name)
        case WebhookSucceeded() | WebhookFailed() | AnalysisPassed() | AnalysisFailed():
            return _hear(rollout, message)
        case ApproveStep() | RejectStep() | AdvanceStep() | PauseRollout() | ResumeRollout():
            return obey(rollout, message)
        case RollBack() | AbandonRollout():
            return obey(rollout, message)
        case _:
            return rollout, ()


def _lead(rollout: Rollout, order: StartRollout | FinishRollout | RollBack) -> Transition[Rollout]:
    """What the deployment orders."""
    match order:
        case StartRollout() if rollout.phase is Phase.ABSENT:
            return _start(order)
        case FinishRollout() if rollout.phase is Phase.LANDED:
            finishing = replace(rollout, phase=Phase.FINISHING, goal=rollout.goal + 1, hindrance="")
            return finishing, (*unhinder(rollout), WAIT)
        case StartRollout() if rollout.phase is Phase.LANDED:
            return rollout, (told_landed(rollout),)
        case _ if rollout.phase in ASKED_AGAIN:
            return rollout, outcome(rollout)
        case RollBack():
            return obey(rollout, order)
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


def _attend(rollout: Rollout, seen: Claimed | Seen) -> Transition[Rollout]:
    """What the executor says of itself and of the cluster."""
    if not is_live(rollout):
        return rollout, ()
    if isinstance(seen, Claimed):
        claimed = replace(rollout, epoch=rollout.epoch + 1, process=seen.process)
        return (rollout if seen.process == rollout.process else claimed), ()
    return _observe(rollout, seen) if seen.goal == rollout.goal else (rollout, ())


def _observe(rollout: Rollout, seen: Seen) -> Transition[Rollout]:
    match rollout.phase, seen:
        case Phase.SURVEYING, Surveyed():
            return enter(replace(rollout, workloads=seen.workloads, snapshot=seen.snapshot), 0, (Disarm(READY),))
        case Phase.PROGRESSING, Settled() if asks_cluster(rollout.steps[rollout.step]):
            return end_step(rollout, (Disarm(READY),))
        case Phase.FINISHING, Settled():
            return end(rollout, Phase.SUCCEEDED)
        case Phase.RETURNING, Settled():
            return end(rollout, Phase.ROLLED_BACK)
        case Phase.SURVEYING | Phase.PROGRESSING | Phase.HELD, Broken():
            return go_back(rollout, seen.reason)
        case _, Hindered() | Broken() if seen.reason != rollout.hindrance:
            hindered = replace(rollout, hindrance=seen.reason)
            return hindered, (RolloutHindered(target=rollout.target, reason=seen.reason),)
        case _:
            return rollout, ()


def _hear(rollout: Rollout, fact: FromRun) -> Transition[Rollout]:
    gates = passage(rollout)
    moved = passing.hear(gates, fact) if gates else None
    return pass_gates(rollout, moved) if moved else (rollout, ())


def _wake(rollout: Rollout, timer: str) -> Transition[Rollout]:
    gates, step = passage(rollout), current(rollout)
    if gates and (moved := passing.wake(gates, timer)):
        return pass_gates(rollout, moved)
    if timer == READY and (rollout.phase is Phase.SURVEYING or (step is not None and asks_cluster(step))):
        waited = f"not done within {rollout.timeout_seconds} s"
        return go_back(rollout, f"{waited}: {rollout.hindrance}" if rollout.hindrance else waited)
    if timer == CHECK and (rollout.phase is not Phase.PROGRESSING or gates) and is_live(rollout):
        return rollout, (*(passing.remind(gates) if gates else ()), WAIT)
    return rollout, ()


MACHINE = Machine(noun="rollout", state=Rollout, initial=Rollout(), advance=advance, is_terminal=is_terminal)
