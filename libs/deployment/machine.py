"""How a deployment decides.

    absent ──StartDeployment──▶ planning ──Planned──▶ running ──every target done──▶ finishing ──▶ succeeded | failed
                                    │                    │
                                    │ problem            │ AbortDeployment, DeadLettered
                                    ▼                    ▼
                                  failed             aborting ──every target returned──▶ cancelled | failed

A target waits for those it depends on, then for its pauses before, its rollout, its pauses after (`targets.py`). A
target that does not get there takes those that depend on it along; the others go on.
"""

from collections.abc import Callable

from msgspec.structs import replace

from libs.deployment import targets
from libs.deployment.state import (
    DONE,
    ENDED,
    Deployment,
    Phase,
    Target,
    TargetPhase,
    is_open,
    is_terminal,
    open_pauses,
    target_named,
)
from libs.messages.deployment import (
    AbortDeployment,
    AbortStarted,
    ApprovePause,
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentRefused,
    DeploymentStarted,
    DeploymentSucceeded,
    Planned,
    RejectPause,
    StartDeployment,
)
from libs.messages.fault import DeadLettered
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Message, Output, TimerFired
from libs.messages.rollout import (
    FinishRollout,
    RolloutAbandoned,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutSucceeded,
)

CHECK = "check"
"""Wakes the deployment to say again what it still waits for."""
CHECK_SECONDS = 300

FromRollout = RolloutLanded | RolloutReturning | RolloutRolledBack | RolloutSucceeded | RolloutAbandoned
Order = ApprovePause | RejectPause | AbortDeployment


def advance(deployment: Deployment, message: Message) -> Transition[Deployment]:
    """Apply one message. A message that no longer applies changes nothing; a person's order is refused in words."""
    match message:
        case StartDeployment() if deployment.phase is Phase.ABSENT:
            return _start(message)
        case Planned() if deployment.phase is Phase.PLANNING:
            return _plan(deployment, message)
        case ApprovePause() | RejectPause() | AbortDeployment():
            return _obey(deployment, message)
        case DeadLettered() if not is_terminal(deployment):
            return _fail(deployment, message)
        case TimerFired(name="check") if not is_terminal(deployment):
            return deployment, (*_reminders(deployment), Arm(CHECK, CHECK_SECONDS))
        case TimerFired():
            return _wake(deployment, message.name)
        case RolloutLanded() | RolloutReturning() | RolloutRolledBack() | RolloutSucceeded() | RolloutAbandoned():
            return _hear(deployment, message)
        case _:
            return deployment, ()


def _start(order: StartDeployment) -> Transition[Deployment]:
    planning = Deployment(phase=Phase.PLANNING, application=order.application, submission=order.submission, by=order.by)
    return planning, (Arm(CHECK, CHECK_SECONDS),)


def _plan(deployment: Deployment, planned: Planned) -> Transition[Deployment]:
    if planned.plan is None:
        return _conclude(replace(deployment, reason=planned.problem or "there is no plan"), ())
    running = replace(
        deployment, phase=Phase.RUNNING, targets=tuple(Target(plan=plan) for plan in planned.plan.targets)
    )
    names = tuple(target.plan.name for target in running.targets)
    return _settle(running, (DeploymentStarted(application=running.application, targets=names, by=running.by),))


def _obey(deployment: Deployment, order: Order) -> Transition[Deployment]:
    if refusal := _refusal(deployment, order):
        return deployment, (DeploymentRefused(order=order.address, reason=refusal),)
    match order:
        case ApprovePause():
            return _move(deployment, order.target, _passed(order.step, deployment.application, order.by))
        case RejectPause():
            return _stop(deployment, order.target, _because(f"rejected by {order.by}", order.reason))
        case AbortDeployment():
            reason = _because(f"aborted by {order.by}", order.reason)
            told = AbortStarted(by=order.by, reason=reason)
            return _abort(replace(deployment, cancelled=True), reason, (told,))


def _refusal(deployment: Deployment, order: Order) -> str:
    """Why the order does not apply; empty where it does."""
    if is_terminal(deployment):
        return f"the deployment has {deployment.phase} already"
    if isinstance(order, AbortDeployment):
        late = deployment.phase in (Phase.FINISHING, Phase.ABORTING)
        return f"the deployment is {deployment.phase} already" if late else ""
    target = target_named(deployment, order.target)
    if target is None:
        return f"the deployment has no target {order.target!r}"
    waits = target.phase == order.stage and any(
        step == order.step and pause.approval is not None for step, pause in open_pauses(target)
    )
    return "" if waits else f"pause {order.step} {order.stage} {order.target} does not wait for approval"


def _hear(deployment: Deployment, said: FromRollout) -> Transition[Deployment]:
    """What became of a target's rollout."""
    target = target_named(deployment, said.target)
    if target is None:
        return deployment, ()
    match said:
        case RolloutLanded() if target.phase is TargetPhase.DEPLOYING:
            return _move(deployment, said.target, lambda target: targets.land(target, deployment.application))
        case RolloutReturning() if is_open(target) and target.phase is not TargetPhase.RETURNING:
            return _move(deployment, said.target, targets.returning)
        case RolloutRolledBack() | RolloutAbandoned() if is_open(target):
            return _move(deployment, said.target, _withdrawn(said))
        case RolloutSucceeded() if target.landed:
            return _move(deployment, said.target, _finished)
        case _:
            return deployment, ()


def _withdrawn(said: RolloutRolledBack | RolloutAbandoned) -> Callable[[Target], targets.Moved]:
    if isinstance(said, RolloutAbandoned):
        return lambda target: targets.withdraw(target, TargetPhase.FAILED, said.reason)
    back, cancelled = TargetPhase.ROLLED_BACK, said.cancelled
    return lambda target: targets.withdraw(target, back, said.reason, cancelled=cancelled)


def _finished(target: Target) -> targets.Moved:
    done = replace(target, landed=False)
    return targets.end(done, TargetPhase.SUCCEEDED) if target.phase is TargetPhase.LANDED else (done, ())


def _wake(deployment: Deployment, timer: str) -> Transition[Deployment]:
    """A pause's time has passed, or nobody approved in time."""
    for target in deployment.targets:
        for step, pause in open_pauses(target):
            if timer != targets.timer_name(target, step):
                continue
            if pause.approval is not None:
                return _stop(deployment, target.plan.name, "approval expired")
            return _move(deployment, target.plan.name, _passed(step, deployment.application))
    return deployment, ()


def _stop(deployment: Deployment, name: str, reason: str) -> Transition[Deployment]:
    """A pause before or after the target was not let through: nothing more happens to it, nothing is undone."""
    return _move(deployment, name, lambda target: targets.end(target, TargetPhase.CANCELLED, reason, cancelled=True))


def _fail(deployment: Deployment, fault: DeadLettered) -> Transition[Deployment]:
    what = " ".join(fault.subject.split(".")[2:4]) or fault.subject
    reason = f"{what} could not be handled after {fault.attempts} attempts: {fault.reason}"
    if deployment.phase in (Phase.ABSENT, Phase.PLANNING):
        return _conclude(replace(deployment, reason=reason), ())
    return _abort(deployment, reason, ()) if deployment.phase is Phase.RUNNING else (deployment, ())


def _abort(deployment: Deployment, reason: str, so_far: tuple[Output, ...]) -> Transition[Deployment]:
    outputs = list(so_far)
    moved = []
    for target in deployment.targets:
        after, told = targets.send_back(target, reason) if is_open(target) else (target, ())
        moved.append(after)
        outputs.extend(told)
    aborting = replace(deployment, phase=Phase.ABORTING, reason=reason, targets=tuple(moved))
    return _settle(aborting, tuple(outputs))


def _move(deployment: Deployment, name: str, how: Callable[[Target], targets.Moved]) -> Transition[Deployment]:
    """Move one target, then see what follows from it for the others."""
    moved, told = _replaced(deployment, name, how)
    return _settle(moved, told)


def _replaced(deployment: Deployment, name: str, how: Callable[[Target], targets.Moved]) -> Transition[Deployment]:
    after = {target.plan.name: target for target in deployment.targets}
    after[name], told = how(after[name])
    return replace(deployment, targets=tuple(after.values())), told


def _settle(deployment: Deployment, outputs: tuple[Output, ...]) -> Transition[Deployment]:
    """Start or cancel who waited, and end what is over."""
    while ready := _next_waiting(deployment):
        target, blocker = ready
        how = _cancelled_by(blocker) if blocker else _started(deployment.application)
        deployment, told = _replaced(deployment, target.plan.name, how)
        outputs = (*outputs, *told)
    if deployment.phase is Phase.RUNNING and all(t.phase in DONE | ENDED for t in deployment.targets):
        landed = [target for target in deployment.targets if target.landed]
        deployment = replace(deployment, phase=Phase.FINISHING)
        outputs = (*outputs, *(FinishRollout(target=target.plan.name) for target in landed))
    still_open = any(is_open(target) for target in deployment.targets)
    return (deployment, outputs) if still_open else _conclude(deployment, outputs)


def _next_waiting(deployment: Deployment) -> tuple[Target, Target | None] | None:
    """A target to start, or one that must not begin any more, with the target that is to blame."""
    by_name = {target.plan.name: target for target in deployment.targets}
    for target in deployment.targets:
        if target.phase not in (TargetPhase.WAITING, TargetPhase.BEFORE):
            continue
        needed = [by_name[name] for name in target.plan.depends_on if name in by_name]
        blocker = next((t for t in needed if _blocks(t, target)), None)
        if blocker or (target.phase is TargetPhase.WAITING and all(t.phase in DONE for t in needed)):
            return target, blocker
    return None


def _blocks(needed: Target, target: Target) -> bool:
    """At a pause before its rollout a target could be let through at any moment: it does not wait for the return."""
    is_going = needed.phase is TargetPhase.RETURNING and target.phase is TargetPhase.BEFORE
    return is_going or needed.phase in ENDED - DONE


def _passed(step: int, application: str, by: str = "") -> Callable[[Target], targets.Moved]:
    return lambda target: targets.pass_pause(target, step, application, by)


def _started(application: str) -> Callable[[Target], targets.Moved]:
    return lambda target: targets.start(target, application)


def _cancelled_by(blocker: Target) -> Callable[[Target], targets.Moved]:
    what = "goes back" if blocker.phase is TargetPhase.RETURNING else f"was {blocker.phase.replace('_', ' ')}"
    reason = f"it depends on {blocker.plan.name}, which {what}"
    return lambda target: targets.end(target, TargetPhase.CANCELLED, reason, cancelled=True)


def _conclude(deployment: Deployment, outputs: tuple[Output, ...]) -> Transition[Deployment]:
    """The one terminal state that follows from how the targets ended."""
    lost = [target for target in deployment.targets if target.phase is not TargetPhase.SUCCEEDED]
    failed = [target for target in lost if not target.cancelled]
    reason = deployment.reason or "; ".join(f"{t.plan.name}: {t.reason}" for t in (failed or lost)[:3])
    if deployment.cancelled or (lost and not failed and not deployment.reason):
        ended = replace(deployment, phase=Phase.CANCELLED, reason=reason)
        return ended, (*outputs, DeploymentCancelled(reason=reason))
    if lost or deployment.reason:
        ended = replace(deployment, phase=Phase.FAILED, reason=reason)
        return ended, (*outputs, DeploymentFailed(reason=reason))
    return replace(deployment, phase=Phase.SUCCEEDED), (*outputs, DeploymentSucceeded())


def _reminders(deployment: Deployment) -> tuple[Output, ...]:
    return tuple(output for target in deployment.targets for output in targets.remind(target, deployment))


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


MACHINE = Machine(noun="deployment", state=Deployment, initial=Deployment(), advance=advance, is_terminal=is_terminal)
