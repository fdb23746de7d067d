"""The nouns of a rollout: its phases, and everything that is committed about it."""

from enum import StrEnum

from msgspec import Struct

from libs.gates.state import Outcome, Passage
from libs.messages.rollout import Workload
from libs.messages.run import Subject
from libs.plan.model import (
    Analysis,
    ApplyManifests,
    AwaitGates,
    DeployGreen,
    Gate,
    Pause,
    RedirectTraffic,
    RunWebhook,
    ServicePair,
    SetWeight,
    ShutDownOld,
    Step,
)


class Phase(StrEnum):
    """Where a rollout is; `machine.py` draws how it moves."""

    ABSENT = "absent"
    SURVEYING = "surveying"
    PROGRESSING = "progressing"
    HELD = "held"
    """What was being done is done; a person holds back the step that comes next."""
    LANDED = "landed"
    FINISHING = "finishing"
    SUCCEEDED = "succeeded"
    RETURNING = "returning"
    ROLLED_BACK = "rolled_back"
    ABANDONED = "abandoned"


TERMINAL = frozenset({Phase.SUCCEEDED, Phase.ROLLED_BACK, Phase.ABANDONED})


class Rollout(Struct, frozen=True, omit_defaults=True):
    """All that is known of a rollout. What should be true in the cluster follows from it alone."""

    phase: Phase = Phase.ABSENT
    target: str = ""
    application: str = ""
    agent: str = ""
    namespace: str = ""
    manifests: str = ""
    """Digest of the target's objects."""
    steps: tuple[Step, ...] = ()
    timeout_seconds: int = 0
    definitions: str = ""
    """Digest of what the gates among the steps name."""
    services: tuple[ServicePair, ...] = ()
    keeps_deployment: bool = False
    step: int = 0
    """Index of the current step while progressing, of the next one while held."""
    outcomes: dict[int, tuple[Outcome, ...]] = {}
    """What became of the gates, by step."""
    holds: int = 0
    """How often a person held it."""
    held_by: str = ""
    """Who holds it now: no further step begins."""
    goal: int = 0
    """Counts what was wanted of the cluster. An observation names the goal it is about; an older one is ignored."""
    workloads: tuple[Workload, ...] = ()
    snapshot: str = ""
    """Digest of every object as it was; empty until the survey."""
    epoch: int = 0
    process: str = ""
    """Which executor process may write, and under which epoch."""
    hindrance: str = ""
    """Why the goal is not true yet, as last seen."""
    reason: str = ""
    """Why it goes back, or why it ended."""
    cancelled: bool = False
    """It goes back because of a person, or because nobody decided in time; not because something failed."""
    by: str = ""
    """Who abandoned it."""


def is_terminal(rollout: Rollout) -> bool:
    return rollout.phase in TERMINAL


def is_live(rollout: Rollout) -> bool:
    """Whether it has begun and not ended."""
    return rollout.phase is not Phase.ABSENT and not is_terminal(rollout)


def current(rollout: Rollout) -> Step | None:
    """The step being walked, if any."""
    return rollout.steps[rollout.step] if rollout.phase is Phase.PROGRESSING else None


def has_stable(rollout: Rollout) -> bool:
    """Whether there is a version to compare with and to go back to. Without one, weights and pauses mean nothing."""
    return any(workload.previous for workload in rollout.workloads)


def replica_sets(rollout: Rollout) -> tuple[str, ...]:
    """The names of the new versions."""
    return tuple(workload.replica_set for workload in rollout.workloads)


def is_walked(rollout: Rollout, index: int) -> bool:
    """A first deployment has nothing to compare with and no traffic to move: its first weight is the full one, and of
    the gates among its steps only webhooks are passed."""
    if has_stable(rollout):
        return True
    match rollout.steps[index]:
        case ApplyManifests() | DeployGreen():
            return True
        case SetWeight():
            return not any(isinstance(step, SetWeight) for step in rollout.steps[:index])
        case Pause() | Analysis() | RunWebhook() | AwaitGates() as step:
            return any(isinstance(gate, RunWebhook) for gate in gates_of(step))
        case _:
            return False


def gates_of(step: Step) -> tuple[Gate, ...]:
    """The gates that a step is; none where the cluster does it."""
    match step:
        case AwaitGates(gates=gates):
            return gates
        case Pause() | RunWebhook() | Analysis():
            return (step,)
        case _:
            return ()


def passage(rollout: Rollout) -> Passage | None:
    """The gates of the current step."""
    step = current(rollout)
    if step is None or not gates_of(step):
        return None
    subject = Subject(
        application=rollout.application,
        target=rollout.target,
        agent=rollout.agent,
        namespace=rollout.namespace,
        replica_sets=replica_sets(rollout),
    )
    outcomes = rollout.outcomes.get(rollout.step, ())
    return Passage("strategy", rollout.step, gates_of(step), outcomes, subject, rollout.definitions)


def asks_cluster(step: Step) -> bool:
    """Whether the step is done by the cluster, rather than by time or a person."""
    return isinstance(step, ApplyManifests | SetWeight | DeployGreen | RedirectTraffic | ShutDownOld)


def awaits_cluster(rollout: Rollout) -> bool:
    """Whether the rollout goes on when its goal is true in the cluster, and not before."""
    step = current(rollout)
    return rollout.phase in (Phase.RETURNING, Phase.FINISHING) or (step is not None and asks_cluster(step))
