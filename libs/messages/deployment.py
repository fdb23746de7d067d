"""What is said to and by the owner of deployments, the planner."""

from typing import ClassVar

from libs.messages.message import Message
from libs.plan.model import Plan


class StartDeployment(Message, frozen=True, kw_only=True):
    """Compile an accepted submission and lead it through its targets."""

    address: ClassVar[str] = "cmd.deployment.start"
    application: str
    submission: str
    """Digest of the submission in the object store."""
    by: str


class QueueDeployment(Message, frozen=True, kw_only=True):
    """Wait until the deployment of the same application that is under way has ended."""

    address: ClassVar[str] = "cmd.deployment.queue"
    application: str
    submission: str
    """Digest of the submission in the object store."""
    by: str


class ApproveGate(Message, frozen=True, kw_only=True):
    """A person lets go on what waits for one before or after a target."""

    address: ClassVar[str] = "cmd.deployment.approve"
    target: str
    stage: str
    """`before` or `after`."""
    step: int
    by: str


class RejectGate(Message, frozen=True, kw_only=True):
    """A person refuses what waits for one before or after a target."""

    address: ClassVar[str] = "cmd.deployment.reject"
    target: str
    stage: str
    step: int
    by: str
    reason: str = ""


class AdvanceGate(Message, frozen=True, kw_only=True):
    """A person goes on without a gate before or after a target."""

    address: ClassVar[str] = "cmd.deployment.advance"
    target: str
    stage: str
    step: int
    by: str


class AbortDeployment(Message, frozen=True, kw_only=True):
    """End the deployment and return all its targets."""

    address: ClassVar[str] = "cmd.deployment.abort"
    by: str = ""
    """The person; empty where another deployment took its place."""
    reason: str = ""


class Planned(Message, frozen=True, kw_only=True):
    """The planner compiled the submission; `problem` says why it could not."""

    address: ClassVar[str] = "obs.deployment.planned"
    plan: Plan | None = None
    problem: str = ""


class DeploymentQueued(Message, frozen=True, kw_only=True):
    """It waits for another deployment of its application to end."""

    address: ClassVar[str] = "evt.deployment.queued"
    application: str
    by: str


class DeploymentStarted(Message, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.deployment.started"
    application: str
    targets: tuple[str, ...]
    by: str


class TargetStarted(Message, frozen=True, kw_only=True):
    """What the target depends on is done: its constraints before the deployment begin."""

    address: ClassVar[str] = "evt.deployment.target-started"
    target: str


class TargetEnded(Message, frozen=True, kw_only=True):
    """A target will go no further: `succeeded`, `failed`, `rolled_back`, `cancelled`."""

    address: ClassVar[str] = "evt.deployment.target-ended"
    target: str
    phase: str
    reason: str = ""


class AbortStarted(Message, frozen=True, kw_only=True):
    """The deployment goes no further; its targets are being returned."""

    address: ClassVar[str] = "evt.deployment.abort-started"
    by: str
    reason: str


class DeploymentSucceeded(Message, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.deployment.succeeded"


class DeploymentFailed(Message, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.deployment.failed"
    reason: str


class DeploymentCancelled(Message, frozen=True, kw_only=True):
    """A person ended it, or nobody approved in time."""

    address: ClassVar[str] = "evt.deployment.cancelled"
    reason: str


class DeploymentRefused(Message, frozen=True, kw_only=True):
    """An order that no longer applies; `order` is its address."""

    address: ClassVar[str] = "evt.deployment.refused"
    order: str
    reason: str
