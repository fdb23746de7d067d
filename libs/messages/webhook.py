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
    id: str = ""
    """Its own, so that one that is delivered again is not taken for a second one."""


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


class WebhookHindered(GateMessage, frozen=True, kw_only=True):
    """Why it has not been called yet, or is called once more; told when the reason changes."""

    address: ClassVar[str] = "evt.webhook.hindered"
    name: str
    reason: str


class WebhookCancelled(GateMessage, frozen=True, kw_only=True):
    """Nobody waited for it any more. Whoever was called may go on: it is not told."""

    address: ClassVar[str] = "evt.webhook.cancelled"
    name: str


class CallBegun(RunMessage, frozen=True, kw_only=True):
    """A process is about to call: the attempt counts from now on, whatever becomes of the process."""

    address: ClassVar[str] = "obs.webhook.begun"
    attempt: int
    process: str
    retries: int
    calls_back: bool
    """What the definition says; the machine does not read it."""


class CallAnswered(RunMessage, frozen=True, kw_only=True):
    """The call was answered with a 2xx."""

    address: ClassVar[str] = "obs.webhook.answered"
    attempt: int
    status: int


class CallMissed(RunMessage, frozen=True, kw_only=True):
    """The call was made and did not succeed, or nobody knows whether it did."""

    address: ClassVar[str] = "obs.webhook.missed"
    attempt: int
    process: str
    reason: str
    is_final: bool
    """Whether calling again would not help."""


class CallHindered(RunMessage, frozen=True, kw_only=True):
    """The call cannot be made just now."""

    address: ClassVar[str] = "obs.webhook.hindered"
    attempt: int
    reason: str


class CallBroken(RunMessage, frozen=True, kw_only=True):
    """The call cannot be made at all."""

    address: ClassVar[str] = "obs.webhook.broken"
    reason: str
