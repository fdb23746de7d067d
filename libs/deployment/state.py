"""The nouns of a deployment: its phases, and everything that is committed about it and its targets."""

from enum import StrEnum

from msgspec import Struct

from libs.plan.model import Gate, Pause, TargetPlan


class Phase(StrEnum):
    """Where a deployment is; `machine.py` draws how it moves."""

    ABSENT = "absent"
    PLANNING = "planning"
    RUNNING = "running"
    FINISHING = "finishing"
    ABORTING = "aborting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TargetPhase(StrEnum):
    """Where one target is, as far as the deployment is concerned."""

    WAITING = "waiting"
    """For the targets it depends on."""
    BEFORE = "before"
    DEPLOYING = "deploying"
    AFTER = "after"
    LANDED = "landed"
    """Done, its constraints after the deployment included; the old version is still there to go back to."""
    SUCCEEDED = "succeeded"
    RETURNING = "returning"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})

ENDED = frozenset({TargetPhase.SUCCEEDED, TargetPhase.ROLLED_BACK, TargetPhase.FAILED, TargetPhase.CANCELLED})

DONE = frozenset({TargetPhase.LANDED, TargetPhase.SUCCEEDED})
"""What a target that depends on this one waits for."""


class Target(Struct, frozen=True, omit_defaults=True):
    """One target of the plan and how far it is."""

    plan: TargetPlan
    phase: TargetPhase = TargetPhase.WAITING
    passed: tuple[int, ...] = ()
    """Which pauses of the present stage, before or after, are over."""
    landed: bool = False
    """Its rollout stands at the full weight and is still to be finished, or returned, when the deployment ends."""
    cancelled: bool = False
    """It ended because of a person, or because nobody decided in time; not because something failed."""
    reason: str = ""


class Deployment(Struct, frozen=True, omit_defaults=True):
    """All that is known of a deployment."""

    phase: Phase = Phase.ABSENT
    application: str = ""
    submission: str = ""
    """Digest of what was handed in."""
    by: str = ""
    targets: tuple[Target, ...] = ()
    cancelled: bool = False
    """A person aborted it."""
    reason: str = ""


def is_terminal(deployment: Deployment) -> bool:
    return deployment.phase in TERMINAL


def is_open(target: Target) -> bool:
    """Whether something is still to come of it, be it only that its rollout is finished or returned."""
    return target.phase not in ENDED or target.landed


def target_named(deployment: Deployment, name: str) -> Target | None:
    return next((target for target in deployment.targets if target.plan.name == name), None)


def pauses(target: Target) -> tuple[Gate, ...]:
    """The pauses of the stage that the target is in."""
    match target.phase:
        case TargetPhase.BEFORE:
            return target.plan.before
        case TargetPhase.AFTER:
            return target.plan.after
        case _:
            return ()


def open_pauses(target: Target) -> tuple[tuple[int, Pause], ...]:
    """The pauses being waited for now, with their places in the file's list."""
    return tuple(
        (step, pause)
        for step, pause in enumerate(pauses(target))
        if isinstance(pause, Pause) and step not in target.passed
    )
