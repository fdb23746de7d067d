"""How one target moves: waiting ▶ before ▶ deploying ▶ after ▶ landed ▶ succeeded, or out of it.

Each function takes a target and gives it back moved, with what is to be said about it.
"""

from msgspec.structs import replace

from libs.deployment.state import Deployment, Phase, Target, TargetPhase, open_pauses, pauses
from libs.messages.deployment import PauseEnded, PauseStarted, TargetEnded, TargetStarted
from libs.messages.message import Arm, Disarm, Output
from libs.messages.rollout import FinishRollout, RollBack, StartRollout
from libs.messages.subject import token_hash
from libs.plan.model import Gate, Pause

Moved = tuple[Target, tuple[Output, ...]]


def start(target: Target, application: str) -> Moved:
    """What it depends on is done."""
    begun, told = _enter(replace(target, phase=TargetPhase.BEFORE), application)
    return begun, (TargetStarted(target=target.plan.name), *told)


def land(target: Target, application: str) -> Moved:
    """Its rollout has walked every step."""
    return _enter(replace(target, phase=TargetPhase.AFTER, landed=True), application)


def pass_pause(target: Target, step: int, application: str, by: str = "") -> Moved:
    """One pause of the present stage is over; the last one ends the stage."""
    passed = replace(target, passed=(*target.passed, step))
    told = PauseEnded(target=target.plan.name, stage=target.phase, step=step, by=by)
    gone = Disarm(timer_name(target, step))
    if open_pauses(passed):
        return passed, (told, gone)
    moved, more = _leave(passed, application)
    return moved, (told, gone, *more)


def end(target: Target, phase: TargetPhase, reason: str = "", *, cancelled: bool = False) -> Moved:
    """It goes no further."""
    ended = replace(target, phase=phase, passed=(), reason=reason, cancelled=cancelled)
    return ended, (*_disarm(target), TargetEnded(target=target.plan.name, phase=phase, reason=reason))


def withdraw(target: Target, phase: TargetPhase, reason: str, *, cancelled: bool = False) -> Moved:
    """Its rollout has ended without success: there is nothing left to finish or to return."""
    return end(replace(target, landed=False), phase, reason, cancelled=cancelled)


def send_back(target: Target, reason: str) -> Moved:
    """Its deployment is aborted: what was never started is cancelled, the rest returns."""
    if target.phase in (TargetPhase.WAITING, TargetPhase.BEFORE):
        return end(target, TargetPhase.CANCELLED, reason, cancelled=True)
    moved, told = returning(target)
    return moved, (*told, RollBack(target=target.plan.name, reason=reason))


def returning(target: Target) -> Moved:
    return replace(target, phase=TargetPhase.RETURNING, passed=(), landed=False), _disarm(target)


def start_rollout(target: Target, application: str) -> StartRollout:
    plan = target.plan
    return StartRollout(
        target=plan.name,
        application=application,
        agent=plan.agent,
        namespace=plan.namespace,
        manifests=plan.manifests,
        steps=plan.steps,
        timeout_seconds=plan.timeout_seconds,
        definitions=plan.definitions,
        services=plan.services,
        keeps_deployment=plan.keeps_deployment,
    )


def remind(target: Target, deployment: Deployment) -> tuple[Output, ...]:
    """The order whose answer is still awaited, once more: a rollout that has ended says again how."""
    if target.phase is TargetPhase.DEPLOYING:
        return (start_rollout(target, deployment.application),)
    if target.phase is TargetPhase.RETURNING:
        return (RollBack(target=target.plan.name, reason=deployment.reason),)
    if target.landed and deployment.phase is Phase.FINISHING:
        return (FinishRollout(target=target.plan.name),)
    return ()


def timer_name(target: Target, step: int) -> str:
    return f"{target.phase}-{step}-{token_hash(target.plan.name)}"


def _enter(target: Target, application: str) -> Moved:
    """Begin the stage that the target's phase names; one without pauses is over at once."""
    if not pauses(target):
        return _leave(target, application)
    begun = [output for step, pause in enumerate(pauses(target)) for output in _begin(target, step, pause)]
    return target, tuple(begun)


def _begin(target: Target, step: int, pause: Gate) -> tuple[Output, ...]:
    assert isinstance(pause, Pause), "no other gate passes the door yet"
    approval = pause.approval
    told = PauseStarted(
        target=target.plan.name,
        stage=target.phase,
        step=step,
        seconds=pause.seconds,
        roles=approval.roles if approval else None,
    )
    limit = pause.seconds if approval is None else approval.expires_seconds
    return (told,) if limit is None else (told, Arm(timer_name(target, step), limit))


def _leave(target: Target, application: str) -> Moved:
    if target.phase is TargetPhase.BEFORE:
        deploying = replace(target, phase=TargetPhase.DEPLOYING, passed=())
        return deploying, (start_rollout(deploying, application),)
    return replace(target, phase=TargetPhase.LANDED, passed=()), ()


def _disarm(target: Target) -> tuple[Output, ...]:
    return tuple(Disarm(timer_name(target, step)) for step, _ in open_pauses(target))
