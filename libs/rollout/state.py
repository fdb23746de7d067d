"""The nouns of a rollout: its phases, and everything that is committed about it."""

from enum import StrEnum

from msgspec import Struct

from libs.messages.rollout import Workload
from libs.plan.model import ApplyManifests, DeployGreen, RedirectTraffic, ServicePair, SetWeight, ShutDownOld, Step


class Phase(StrEnum):
    """Where a rollout is; `machine.py` draws how it moves."""

    ABSENT = "absent"
    SURVEYING = "surveying"
    PROGRESSING = "progressing"
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
    """Index of the current step while progressing."""
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


def weight(rollout: Rollout) -> int:
    """The new version's percentage that the steps ask for now."""
    match rollout.phase:
        case Phase.LANDED | Phase.FINISHING | Phase.SUCCEEDED:
            return 100
        case Phase.PROGRESSING:
            walked = rollout.steps[: rollout.step + 1]
            return next((step.weight for step in reversed(walked) if isinstance(step, SetWeight)), 0)
        case _:
            return 0


class Swap(Struct, frozen=True):
    """What a blue/green rollout asks for now."""

    traffic_to_new: bool
    """Where the active services point to."""
    stable_runs: bool
    """Whether the old version is there whole; else it has no pods."""


def swap(rollout: Rollout) -> Swap | None:
    """None where the strategy is not blue/green."""
    if not any(isinstance(step, DeployGreen) for step in rollout.steps):
        return None
    match rollout.phase:
        case Phase.LANDED | Phase.FINISHING | Phase.SUCCEEDED:
            return Swap(traffic_to_new=True, stable_runs=False)
        case Phase.PROGRESSING:
            walked = {type(step) for step in rollout.steps[: rollout.step + 1]}
            return Swap(traffic_to_new=RedirectTraffic in walked, stable_runs=ShutDownOld not in walked)
        case _:
            return Swap(traffic_to_new=False, stable_runs=True)


def asks_cluster(step: Step) -> bool:
    """Whether the step is done by the cluster, rather than by time or a person."""
    return isinstance(step, ApplyManifests | SetWeight | DeployGreen | RedirectTraffic | ShutDownOld)


def awaits_cluster(rollout: Rollout) -> bool:
    """Whether the rollout goes on when its goal is true in the cluster, and not before."""
    step = current(rollout)
    return rollout.phase in (Phase.RETURNING, Phase.FINISHING) or (step is not None and asks_cluster(step))
