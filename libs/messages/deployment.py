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


class ApprovePause(Message, frozen=True, kw_only=True):
    """A person lets a pause before or after a target end."""

    address: ClassVar[str] = "cmd.deployment.approve"
    target: str
    stage: str
    """`before` or `after`."""
    step: int
    by: str


class RejectPause(Message, frozen=True, kw_only=True):
    """A person refuses what a pause before or after a target waits for."""

    address: ClassVar[str] = "cmd.deployment.reject"
    target: str
    stage: str
    step: int
    by: str
    reason: str = ""


class AbortDeployment(Message, frozen=True, kw_only=True):
    """End the deployment and return all its targets."""

    address: ClassVar[str] = "cmd.deployment.abort"
    by: str
    reason: str = ""


class Planned(Message, frozen=True, kw_only=True):
    """The planner compiled the submission; `problem` says why it could not."""

    address: ClassVar[str] = "obs.deployment.planned"
    plan: Plan | None = None
    problem: str = ""


class DeploymentStarted(Message, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.deployment.started"
    application: str
    targets: tuple[str, ...]
    by: str


class TargetStarted(Message, frozen=True, kw_only=True):
    """What the target depends on is done: its constraints before the deployment begin."""

    address: ClassVar[str] = "evt.deployment.target-started"
    target: str


class PauseStarted(Message, frozen=True, kw_only=True):
    """A pause before or after a target began: for `seconds`, or until one of `roles` approves."""

    address: ClassVar[str] = "evt.deployment.pause-started"
    target: str
    stage: str
    step: int
    seconds: int | None = None
    roles: tuple[str, ...] | None = None
    """None for a timed pause; empty where anyone who may act on the deployment may approve."""


class PauseEnded(Message, frozen=True, kw_only=True):
    """A pause before or after a target is over: time passed, or `by` approved."""

    address: ClassVar[str] = "evt.deployment.pause-ended"
    target: str
    stage: str
    step: int
    by: str = ""


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
