"""What follows from one target's move for the others and for the deployment: who starts, what ends, how all ends."""

from collections.abc import Callable

from msgspec.structs import replace

from libs.deployment import targets
from libs.deployment.state import DONE, ENDED, Deployment, Phase, Target, TargetPhase, is_open
from libs.messages.deployment import DeploymentCancelled, DeploymentFailed, DeploymentSucceeded
from libs.messages.machine import Transition
from libs.messages.message import Output
from libs.messages.rollout import FinishRollout

_FATES = {
    TargetPhase.RETURNING: "goes back",
    TargetPhase.ROLLED_BACK: "was rolled back",
    TargetPhase.FAILED: "failed",
    TargetPhase.CANCELLED: "was cancelled",
}
"""What became of a target that another one depends on in vain."""


def abort(deployment: Deployment, reason: str, so_far: tuple[Output, ...]) -> Transition[Deployment]:
    outputs = list(so_far)
    moved = []
    for target in deployment.targets:
        after, told = targets.send_back(target, reason) if is_open(target) else (target, ())
        moved.append(after)
        outputs.extend(told)
    aborting = replace(deployment, phase=Phase.ABORTING, reason=reason, targets=tuple(moved))
    return settle(aborting, tuple(outputs))


def move(deployment: Deployment, name: str, how: Callable[[Target], targets.Moved]) -> Transition[Deployment]:
    """Move one target, then see what follows from it for the others."""
    moved, told = _replaced(deployment, name, how)
    return settle(moved, told)


def _replaced(deployment: Deployment, name: str, how: Callable[[Target], targets.Moved]) -> Transition[Deployment]:
    after = {target.plan.name: target for target in deployment.targets}
    after[name], told = how(after[name])
    return replace(deployment, targets=tuple(after.values())), told


def settle(deployment: Deployment, outputs: tuple[Output, ...]) -> Transition[Deployment]:
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
    return (deployment, outputs) if still_open else conclude(deployment, outputs)


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
    """At a gate before its rollout a target could be let through at any moment: it does not wait for the return."""
    is_going = needed.phase is TargetPhase.RETURNING and target.phase is TargetPhase.BEFORE
    return is_going or needed.phase in ENDED - DONE


def _started(application: str) -> Callable[[Target], targets.Moved]:
    return lambda target: targets.start(target, application)


def _cancelled_by(blocker: Target) -> Callable[[Target], targets.Moved]:
    reason = f"it depends on {blocker.plan.name}, which {_FATES[blocker.phase]}"
    return lambda target: targets.end(target, TargetPhase.CANCELLED, reason, cancelled=True)


def conclude(deployment: Deployment, outputs: tuple[Output, ...]) -> Transition[Deployment]:
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
