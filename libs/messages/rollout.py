"""What is said to and by the owner of rollouts, the executor."""

from typing import ClassVar

from msgspec import Struct

from libs.messages.message import TargetMessage
from libs.plan.model import ServicePair, Step


class StartRollout(TargetMessage, frozen=True, kw_only=True):
    """Walk these steps on one target."""

    address: ClassVar[str] = "cmd.rollout.start"
    application: str
    agent: str
    namespace: str
    manifests: str
    steps: tuple[Step, ...]
    timeout_seconds: int
    definitions: str = ""
    """Digest of the `Definitions` that the gates among the steps name."""
    services: tuple[ServicePair, ...] = ()
    keeps_deployment: bool = False


class ApproveStep(TargetMessage, frozen=True, kw_only=True):
    """A person lets go on what waits for one among the steps."""

    address: ClassVar[str] = "cmd.rollout.approve"
    step: int
    gate: int = 0
    """Which of a step that holds several."""
    by: str


class RejectStep(TargetMessage, frozen=True, kw_only=True):
    """A person refuses what waits for one among the steps: the target goes back."""

    address: ClassVar[str] = "cmd.rollout.reject"
    step: int
    gate: int = 0
    by: str
    reason: str = ""


class AdvanceStep(TargetMessage, frozen=True, kw_only=True):
    """A person goes on without what is waited for: a pause, a webhook, an analysis."""

    address: ClassVar[str] = "cmd.rollout.advance"
    step: int
    gate: int = 0
    by: str


class PauseRollout(TargetMessage, frozen=True, kw_only=True):
    """Hold the target where it is: what is being done is done to its end, the next step waits."""

    address: ClassVar[str] = "cmd.rollout.pause"
    hold: int
    """One more than how often it was held so far, so that an order that comes again holds nothing again."""
    by: str
    reason: str = ""


class ResumeRollout(TargetMessage, frozen=True, kw_only=True):
    """Let a target that is held go on."""

    address: ClassVar[str] = "cmd.rollout.resume"
    hold: int
    """Which hold ends."""
    by: str


class RollBack(TargetMessage, frozen=True, kw_only=True):
    """Return the target to the stable version."""

    address: ClassVar[str] = "cmd.rollout.roll-back"
    by: str = ""
    """The person; empty where the deployment itself asks, which may ask again and is never refused for it."""
    reason: str = ""


class FinishRollout(TargetMessage, frozen=True, kw_only=True):
    """The deployment ended well: nothing will ask this target to go back, so the old version may go."""

    address: ClassVar[str] = "cmd.rollout.finish"


class AbandonRollout(TargetMessage, frozen=True, kw_only=True):
    """A person with the right gives a rollout up that can neither go back nor finish; the cluster stays as it is."""

    address: ClassVar[str] = "cmd.rollout.abandon"
    by: str
    reason: str


class Claimed(TargetMessage, frozen=True, kw_only=True):
    """An executor process takes the rollout over: it writes under the next epoch, older ones no more."""

    address: ClassVar[str] = "obs.rollout.claimed"
    process: str


class Version(Struct, frozen=True):
    """One ReplicaSet of a workload, as it was before the rollout: what going back means."""

    replica_set: str
    uid: str
    replicas: int


class Workload(Struct, frozen=True):
    """One Deployment of the target's manifests, with everything its pod arithmetic needs."""

    name: str
    namespace: str
    replicas: int
    max_surge: int
    """Pods above `replicas`, resolved from the Deployment's own setting."""
    max_unavailable: int
    replica_set: str
    """The name of the new version's ReplicaSet."""
    previous: tuple[Version, ...] = ()
    """The stable version's ReplicaSets; more than one only where an earlier rollout was given up half way."""


class Surveyed(TargetMessage, frozen=True, kw_only=True):
    """What the executor found before it changed anything."""

    address: ClassVar[str] = "obs.rollout.surveyed"
    goal: int
    workloads: tuple[Workload, ...]
    snapshot: str
    """Digest, in the object store, of every object as it was."""


class Settled(TargetMessage, frozen=True, kw_only=True):
    """The goal is true in the cluster."""

    address: ClassVar[str] = "obs.rollout.settled"
    goal: int


class Hindered(TargetMessage, frozen=True, kw_only=True):
    """The goal is not true yet, and why; it is still tried."""

    address: ClassVar[str] = "obs.rollout.hindered"
    goal: int
    reason: str


class Broken(TargetMessage, frozen=True, kw_only=True):
    """The goal cannot become true: the cluster refused for a reason that trying again does not mend."""

    address: ClassVar[str] = "obs.rollout.broken"
    goal: int
    reason: str


class RolloutStarted(TargetMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.rollout.started"


class StepStarted(TargetMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.rollout.step-started"
    step: int
    what: Step
    alone: bool = False
    """A version is deployed for which there is no other to stand beside."""


class StepEnded(TargetMessage, frozen=True, kw_only=True):
    """A step is done: what it asks for is true in the cluster, or its gates are passed."""

    address: ClassVar[str] = "evt.rollout.step-ended"
    step: int


class RolloutPaused(TargetMessage, frozen=True, kw_only=True):
    """No further step begins until a person lets it go on."""

    address: ClassVar[str] = "evt.rollout.paused"
    by: str
    reason: str = ""


class RolloutResumed(TargetMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.rollout.resumed"
    by: str


class RolloutHindered(TargetMessage, frozen=True, kw_only=True):
    """Why the rollout waits; an empty reason says that it no longer does."""

    address: ClassVar[str] = "evt.rollout.hindered"
    reason: str


class RolloutLanded(TargetMessage, frozen=True, kw_only=True):
    """Every step is done and the new version has everything; it can still go back until its deployment ends."""

    address: ClassVar[str] = "evt.rollout.landed"
    replica_sets: tuple[str, ...] = ()
    """The names of the new versions, one for each workload."""


class RolloutReturning(TargetMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.rollout.returning"
    reason: str


class RolloutRolledBack(TargetMessage, frozen=True, kw_only=True):
    """The stable version, where there was one, has everything again."""

    address: ClassVar[str] = "evt.rollout.rolled-back"
    reason: str
    cancelled: bool = False
    """True where a person's decision, or the want of one, led back; false where something failed."""
    first: bool = False
    """There was no version before this one: what the rollout made is gone, and nothing is in its place."""
    untouched: bool = False
    """It ended before it changed anything."""


class RolloutSucceeded(TargetMessage, frozen=True, kw_only=True):
    """Finished: the old version is gone."""

    address: ClassVar[str] = "evt.rollout.succeeded"


class RolloutAbandoned(TargetMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.rollout.abandoned"
    by: str
    reason: str


class RolloutRefused(TargetMessage, frozen=True, kw_only=True):
    """An order that no longer applies; `order` is its address."""

    address: ClassVar[str] = "evt.rollout.refused"
    order: str
    reason: str
