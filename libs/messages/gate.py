"""What is said about gates, by whoever waits for them: the planner before and after a target, the executor among its
steps."""

from typing import ClassVar

from libs.messages.run import GateMessage
from libs.plan.model import Gate


class GateStarted(GateMessage, frozen=True, kw_only=True):
    """A gate must be passed before something goes on."""

    address: ClassVar[str] = "evt.gate.started"
    what: Gate


class GateAsked(GateMessage, frozen=True, kw_only=True):
    """An analysis is judged, and what that means is for a person to say."""

    address: ClassVar[str] = "evt.gate.asked"
    passed: bool
    reason: str


class GatePassed(GateMessage, frozen=True, kw_only=True):
    """Time passed, a webhook succeeded, an analysis was judged good, or `by` let it go on."""

    address: ClassVar[str] = "evt.gate.passed"
    by: str = ""
    message: str = ""
    skipped: bool = False
    """Whether `by` went on without waiting for it."""


class GateFailed(GateMessage, frozen=True, kw_only=True):
    """What it guards does not go on."""

    address: ClassVar[str] = "evt.gate.failed"
    reason: str
    by: str = ""
