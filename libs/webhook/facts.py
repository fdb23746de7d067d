"""What a webhook run tells: how it ended, why it is not called yet, why a callback does not count."""

from libs.messages.message import Message
from libs.messages.webhook import (
    StartWebhook,
    WebhookCalled,
    WebhookCancelled,
    WebhookFailed,
    WebhookHindered,
    WebhookSucceeded,
)
from libs.webhook.state import Phase, Run


def outcome(run: Run) -> Message:
    target, place, name = run.subject.target, run.place, run.name
    if run.phase is Phase.SUCCEEDED:
        return WebhookSucceeded(target=target, place=place, name=name, message=run.message, by=run.by)
    return WebhookFailed(target=target, place=place, name=name, reason=run.reason)


def outcome_again(run: Run, order: StartWebhook) -> Message:
    """For who asks again, because the answer may have been lost."""
    if run.phase is not Phase.CANCELLED:
        return outcome(run)
    reason = "it was cancelled"
    return WebhookFailed(target=order.subject.target, place=order.place, name=order.name, reason=reason)


def called(run: Run, status: int) -> WebhookCalled:
    return WebhookCalled(target=run.subject.target, place=run.place, name=run.name, status=status)


def cancelled(run: Run) -> WebhookCancelled:
    return WebhookCancelled(target=run.subject.target, place=run.place, name=run.name)


def hindered(run: Run, reason: str) -> WebhookHindered:
    return WebhookHindered(target=run.subject.target, place=run.place, name=run.name, reason=reason)


def refusal(run: Run) -> str:
    """Why a callback does not count; empty where it does."""
    match run.phase:
        case Phase.WAITING:
            return ""
        case Phase.CALLING if run.attempt:
            return "" if run.calls_back else f"the webhook {run.name} wants no callback"
        case Phase.CALLING | Phase.ABSENT:
            return "the webhook was not called yet"
        case _ if run.by:
            return f"{run.by} has called back already; the webhook run has {run.phase}"
        case _:
            return f"the step is over: the webhook run has {_ended(run)}"


def _ended(run: Run) -> str:
    return "been cancelled" if run.phase is Phase.CANCELLED else str(run.phase)
