"""How a deployment decides.

    absent ──StartDeployment──▶ planning ──Planned──▶ running ──every target done──▶ finishing ──▶ succeeded | failed
      │ QueueDeployment  ▲          │                    │
      ▼                  │          │ problem            │ AbortDeployment, DeadLettered
    queued ──────────────┘          ▼                    ▼
      │ AbortDeployment           failed             aborting ──every target returned──▶ cancelled | failed
      ▼
    cancelled

A target waits for those it depends on, then for its gates before, its rollout, its gates after (`targets.py`). A target
that does not get there takes those that depend on it along; the others go on (`settling.py`).
"""

from collections.abc import Callable

from msgspec.structs import replace

from libs.deployment import targets
from libs.deployment.settling import abort, conclude, move, settle
from libs.deployment.state import (
    Deployment,
    Phase,
    Target,
    TargetPhase,
    is_open,
    is_terminal,
    passage,
    target_named,
)
from libs.gates import passing
from libs.gates.passing import FromRun
from libs.messages.analysis import AnalysisFailed, AnalysisPassed
from libs.messages.deployment import (
    AbortDeployment,
    AbortStarted,
    AdvanceGate,
    ApproveGate,
    DeploymentQueued,
    DeploymentRefused,
    DeploymentStarted,
    Planned,
    QueueDeployment,
    RejectGate,
    StartDeployment,
)
from libs.messages.fault import DeadLettered
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Message, Output, TimerFired
from libs.messages.reason import because
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
    RolloutSucceeded,
)
from libs.messages.run import Place
from libs.messages.webhook import WebhookFailed, WebhookSucceeded

CHECK = "check"
"""Wakes the deployment to say again what it still waits for."""
CHECK_SECONDS = 300

FromRollout = RolloutLanded | RolloutReturning | RolloutRolledBack | RolloutSucceeded | RolloutAbandoned
GateOrder = ApproveGate | RejectGate | AdvanceGate


def advance(deployment: Deployment, message: Message) -> Transition[Deployment]:
    """Apply one message. A message that no longer applies changes nothing; a person's order is refused in words."""
    match message:
        case QueueDeployment() | StartDeployment() | Planned():
            return _begin(deployment, message)
        case ApproveGate() | RejectGate() | AdvanceGate():
            return _decide(deployment, message)
        case AbortDeployment():
            return _obey(deployment, message)
        case DeadLettered():
            return _fail(deployment, message)
        case TimerFired():
            return _wake(deployment, message.name)
        case WebhookSucceeded() | WebhookFailed() | AnalysisPassed() | AnalysisFailed():
            return _judge(deployment, message)
        case RolloutLanded() | RolloutReturning() | RolloutRolledBack() | RolloutSucceeded() | RolloutAbandoned():
            return _hear(deployment, message)
        case _:
            return deployment, ()


def _begin(deployment: Deployment, message: QueueDeployment | StartDeployment | Planned) -> Transition[Deployment]:
    match message:
        case QueueDeployment() if deployment.phase is Phase.ABSENT:
            told = DeploymentQueued(application=message.application, by=message.by)
            return _accepted(message, Phase.QUEUED), (told, Arm(CHECK, CHECK_SECONDS))
        case StartDeployment() if deployment.phase in (Phase.ABSENT, Phase.QUEUED):
            return _accepted(message, Phase.PLANNING), (Arm(CHECK, CHECK_SECONDS),)
        case Planned() if deployment.phase is Phase.PLANNING:
            return _plan(deployment, message)
        case _:
            return deployment, ()


def _accepted(order: QueueDeployment | StartDeployment, phase: Phase) -> Deployment:
    return Deployment(phase=phase, application=order.application, submission=order.submission, by=order.by)


def _plan(deployment: Deployment, planned: Planned) -> Transition[Deployment]:
    if planned.plan is None:
        return conclude(replace(deployment, reason=planned.problem or "there is no plan"), ())
    running = replace(
        deployment, phase=Phase.RUNNING, targets=tuple(Target(plan=plan) for plan in planned.plan.targets)
    )
    names = tuple(target.plan.name for target in running.targets)
    return settle(running, (DeploymentStarted(application=running.application, targets=names, by=running.by),))


def _decide(deployment: Deployment, order: GateOrder) -> Transition[Deployment]:
    """What a person says of a gate."""
    target = target_named(deployment, order.target)
    moved = _moved(target, deployment.application, order) if target else None
    if moved is None:
        return deployment, (DeploymentRefused(order=order.address, reason=_refusal(deployment, order)),)
    return move(deployment, order.target, _passed(deployment.application, moved))


def _moved(target: Target, application: str, order: GateOrder) -> passing.Moved | None:
    gates, place = passage(target, application), Place(order.stage, order.step)
    if gates is None:
        return None
    match order:
        case ApproveGate():
            return passing.approve(gates, place, order.by)
        case RejectGate():
            return passing.reject(gates, place, order.by, order.reason)
        case AdvanceGate():
            return passing.skip(gates, place, order.by)


def _refusal(deployment: Deployment, order: GateOrder) -> str:
    if is_terminal(deployment):
        return f"the deployment has {deployment.phase} already"
    if target_named(deployment, order.target) is None:
        return f"the deployment has no target {order.target!r}"
    waits = "is not being waited for" if isinstance(order, AdvanceGate) else "does not wait for a decision"
    return f"step {order.step + 1} {order.stage} {order.target} {waits}"


def _obey(deployment: Deployment, order: AbortDeployment) -> Transition[Deployment]:
    if is_terminal(deployment) or deployment.phase in (Phase.FINISHING, Phase.ABORTING):
        is_over = "has" if is_terminal(deployment) else "is"
        late = f"the deployment {is_over} {deployment.phase} already"
        return deployment, (DeploymentRefused(order=order.address, reason=late),)
    reason = because(f"aborted by {order.by}", order.reason) if order.by else order.reason
    return abort(replace(deployment, cancelled=True), reason, (AbortStarted(by=order.by, reason=reason),))


def _judge(deployment: Deployment, fact: FromRun) -> Transition[Deployment]:
    """What became of a webhook or an analysis before or after a target."""
    target = target_named(deployment, fact.target)
    gates = passage(target, deployment.application) if target else None
    moved = passing.hear(gates, fact) if gates else None
    if moved is None:
        return deployment, ()
    return move(deployment, fact.target, _passed(deployment.application, moved))


def _hear(deployment: Deployment, said: FromRollout) -> Transition[Deployment]:
    """What became of a target's rollout."""
    target = target_named(deployment, said.target)
    if target is None:
        return deployment, ()
    match said:
        case RolloutLanded() if target.phase is TargetPhase.DEPLOYING:
            sets, application = said.replica_sets, deployment.application
            return move(deployment, said.target, lambda target: targets.land(target, application, sets))
        case RolloutReturning() if is_open(target) and target.phase is not TargetPhase.RETURNING:
            return move(deployment, said.target, targets.returning)
        case RolloutRolledBack() | RolloutAbandoned() if is_open(target):
            return move(deployment, said.target, _withdrawn(said))
        case RolloutSucceeded() if target.landed:
            return move(deployment, said.target, _finished)
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
    if is_terminal(deployment):
        return deployment, ()
    if timer == CHECK:
        return deployment, (*_reminders(deployment), Arm(CHECK, CHECK_SECONDS))
    for target in deployment.targets:
        gates = passage(target, deployment.application)
        if gates and (moved := passing.wake(gates, timer)):
            return move(deployment, target.plan.name, _passed(deployment.application, moved))
    return deployment, ()


def _fail(deployment: Deployment, fault: DeadLettered) -> Transition[Deployment]:
    if is_terminal(deployment):
        return deployment, ()
    what = " ".join(fault.subject.split(".")[2:4]) or fault.subject
    reason = f"{what} could not be handled after {fault.attempts} attempts: {fault.reason}"
    if deployment.phase in (Phase.ABSENT, Phase.QUEUED, Phase.PLANNING):
        return conclude(replace(deployment, reason=reason), ())
    return abort(deployment, reason, ()) if deployment.phase is Phase.RUNNING else (deployment, ())


def _passed(application: str, moved: passing.Moved) -> Callable[[Target], targets.Moved]:
    return lambda target: targets.pass_gates(target, application, moved)


def _reminders(deployment: Deployment) -> tuple[Output, ...]:
    return tuple(output for target in deployment.targets for output in targets.remind(target, deployment))


MACHINE = Machine(noun="deployment", state=Deployment, initial=Deployment(), advance=advance, is_terminal=is_terminal)
