"""How one target moves: waiting ▶ before ▶ deploying ▶ after ▶ landed ▶ succeeded, or out of it.

Each function takes a target and gives it back moved, with what is to be said about it. One whose gates after its
rollout fail keeps its new version: it is finished with the others when the deployment ends, or returned when that is
aborted.
"""

from msgspec.structs import replace

from libs.deployment.state import Deployment, Phase, Target, TargetPhase, passage
from libs.gates import passing
from libs.gates.state import failure, open_gates
from libs.messages.deployment import TargetEnded, TargetStarted
from libs.messages.message import Output
from libs.messages.rollout import FinishRollout, RollBack, StartRollout

Moved = tuple[Target, tuple[Output, ...]]


def start(target: Target, application: str) -> Moved:
    """What it depends on is done."""
    begun, told = _enter(replace(target, phase=TargetPhase.BEFORE), application)
    return begun, (TargetStarted(target=target.plan.name), *told)


def land(target: Target, application: str, replica_sets: tuple[str, ...]) -> Moved:
    """Its rollout has walked every step."""
    landed = replace(target, phase=TargetPhase.AFTER, landed=True, replica_sets=replica_sets)
    return _enter(landed, application)


def pass_gates(target: Target, application: str, moved: passing.Moved) -> Moved:
    """Something became of the present stage's gates: one that failed ends the target, the last one passed the stage."""
    outcomes, told = moved
    after = replace(target, outcomes={**target.outcomes, str(target.phase): outcomes})
    gates = passage(after, application)
    assert gates is not None, "only a target at its gates gets here"
    if failed := failure(gates):
        phase = TargetPhase.CANCELLED if failed.cancelled else TargetPhase.FAILED
        ended, more = end(after, phase, failed.message, cancelled=failed.cancelled)
        return ended, (*told, *more)
    if open_gates(gates):
        return after, told
    left, more = _leave(after, application)
    return left, (*told, *more)


def end(target: Target, phase: TargetPhase, reason: str = "", *, cancelled: bool = False) -> Moved:
    """It goes no further."""
    ended = replace(target, phase=phase, reason=reason, cancelled=cancelled)
    return ended, (*_stopped(target), TargetEnded(target=target.plan.name, phase=phase, reason=reason))


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
    return replace(target, phase=TargetPhase.RETURNING, landed=False), _stopped(target)


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
    """The orders whose answers are still awaited, once more: a rollout or a run that has ended says again how."""
    if target.phase is TargetPhase.DEPLOYING:
        return (start_rollout(target, deployment.application),)
    if target.phase is TargetPhase.RETURNING:
        return (RollBack(target=target.plan.name, reason=deployment.reason),)
    if target.landed and deployment.phase is Phase.FINISHING:
        return (FinishRollout(target=target.plan.name),)
    gates = passage(target, deployment.application)
    return passing.remind(gates) if gates else ()


def _enter(target: Target, application: str) -> Moved:
    """Begin the stage that the target's phase names; one without gates is over at once."""
    gates = passage(target, application)
    return (target, passing.begin(gates)) if gates and gates.gates else _leave(target, application)


def _leave(target: Target, application: str) -> Moved:
    if target.phase is TargetPhase.BEFORE:
        deploying = replace(target, phase=TargetPhase.DEPLOYING)
        return deploying, (start_rollout(deploying, application),)
    return replace(target, phase=TargetPhase.LANDED), ()


def _stopped(target: Target) -> tuple[Output, ...]:
    gates = passage(target, "")
    return passing.stop(gates) if gates else ()
