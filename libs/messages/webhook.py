"""What is said to and by the owner of webhook runs, the service `webhooks`."""

from typing import ClassVar

from libs.messages.message import RunMessage, TargetMessage
from libs.messages.run import GateMessage, Place, Subject


class StartWebhook(RunMessage, frozen=True, kw_only=True):
    """Call a webhook for a gate, and say at its place what came of it."""

    address: ClassVar[str] = "cmd.webhook.start"
    place: Place
    name: str
    """Among the definitions."""
    definitions: str
    """Digest in the object store."""
    subject: Subject


class CancelWebhook(RunMessage, frozen=True, kw_only=True):
    """Nobody waits for it any more."""

    address: ClassVar[str] = "cmd.webhook.cancel"


class CallBack(RunMessage, frozen=True, kw_only=True):
    """Whoever was called says how it went."""

    address: ClassVar[str] = "cmd.webhook.call-back"
    success: bool
    message: str = ""
    by: str


class WebhookCalled(GateMessage, frozen=True, kw_only=True):
    """It was called and answered; its callback is waited for."""

    address: ClassVar[str] = "evt.webhook.called"
    name: str
    status: int


class WebhookSucceeded(GateMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.webhook.succeeded"
    name: str
    message: str = ""
    by: str = ""


class WebhookFailed(GateMessage, frozen=True, kw_only=True):
    address: ClassVar[str] = "evt.webhook.failed"
    name: str
    reason: str


class CallBackRefused(TargetMessage, frozen=True, kw_only=True):
    """A callback that no longer applies: its run is over."""

    address: ClassVar[str] = "evt.webhook.refused"
    order: str
    reason: str
