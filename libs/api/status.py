"""A deployment in the original's few words: of everything that goes on, what most wants attention. Pure."""

from collections.abc import Iterator

from libs.api.view import ENDED, DeploymentView, StepView, TargetView

QUEUED = "QUEUED"
RUNNING = "RUNNING"
PAUSED = "PAUSED"
AWAITING_APPROVAL = "AWAITING_APPROVAL"

_ENDS = {
    "waiting": "NOT_STARTED",
    "landed": "SUCCEEDED",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "rolled_back": "FAILED",
    "cancelled": "CANCELLED",
}
_STEPS = {"pending": "NOT_STARTED", "done": "SUCCEEDED", "failed": "FAILED", "skipped": "CANCELLED"}


def status(view: DeploymentView) -> str:
    if view.phase in ENDED:
        return view.phase.upper()
    if view.phase == "queued":
        return QUEUED
    return _worst([target_status(target) for target in view.targets])


def target_status(target: TargetView) -> str:
    if target.phase in _ENDS:
        return _ENDS[target.phase]
    held = [PAUSED] if target.rollout and target.rollout.held_by else []
    return _worst([*held, *(step_status(step) for step in _current(target))])


def step_status(step: StepView) -> str:
    if step.gates and step.state == "current":
        return _worst([step_status(gate) for gate in step.gates])
    if step.state == "failed" and step.by:
        return "REJECTED"
    if step.state != "current":
        return _STEPS[step.state]
    return AWAITING_APPROVAL if step.asks else PAUSED if step.kind == "pause" else RUNNING


def _current(target: TargetView) -> Iterator[StepView]:
    return (step for step in (*target.before, *target.steps, *target.after) if step.state == "current")


def _worst(found: list[str]) -> str:
    return next((one for one in (AWAITING_APPROVAL, PAUSED) if one in found), RUNNING)
