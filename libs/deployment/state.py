"""The nouns of a deployment: its phases, and everything that is committed about it and its targets."""

from enum import StrEnum

from msgspec import Struct

from libs.gates.state import Outcome, Passage
from libs.messages.run import Subject
from libs.plan.model import TargetPlan


class Phase(StrEnum):
    """Where a deployment is; `machine.py` draws how it moves."""

    ABSENT = "absent"
    QUEUED = "queued"
    """Another deployment of its application is under way."""
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
    outcomes: dict[str, tuple[Outcome, ...]] = {}
    """What became of the gates, by stage: `before` and `after`."""
    landed: bool = False
    """Its rollout stands at the full weight and is still to be finished, or returned, when the deployment ends."""
    replica_sets: tuple[str, ...] = ()
    """The names of the new versions, once it has landed."""
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


def passage(target: Target, application: str) -> Passage | None:
    """The gates that the target is at; None where it is at none."""
    if target.phase not in (TargetPhase.BEFORE, TargetPhase.AFTER):
        return None
    plan, stage = target.plan, str(target.phase)
    subject = Subject(
        application=application,
        target=plan.name,
        agent=plan.agent,
        namespace=plan.namespace,
        replica_sets=target.replica_sets,
    )
    gates = plan.before if target.phase is TargetPhase.BEFORE else plan.after
    return Passage(stage, None, gates, target.outcomes.get(stage, ()), subject, plan.definitions)
