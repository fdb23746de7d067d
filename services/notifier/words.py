"""What a notification says: a sentence for people, a document for programs. Pure."""

from typing import Any

import msgspec

from libs.messages.deployment import (
    AbortStarted,
    DeploymentCancelled,
    DeploymentFailed,
    DeploymentStarted,
    DeploymentSucceeded,
    TargetEnded,
    TargetStarted,
)
from libs.messages.gate import GateAsked, GateFailed, GatePassed, GateStarted
from libs.messages.message import Message
from libs.messages.rollout import (
    RolloutAbandoned,
    RolloutHindered,
    RolloutLanded,
    RolloutReturning,
    RolloutRolledBack,
)
from libs.runtime.line import one_line
from libs.spec.model import Approval, Pause
from services.notifier.facts import Fact

MOST_CHARACTERS = 2000
_MOST_REASON = 600


def sentence(fact: Fact, application: str) -> str:
    """One line without markup."""
    return one_line(f"{application or 'A deployment'}: {_told(fact.message) or _general(fact)}", MOST_CHARACTERS)


def slack(fact: Fact, application: str, url: str) -> bytes:
    """What an incoming webhook of Slack, or of what is compatible with it, takes."""
    name, _, rest = sentence(fact, application).partition(": ")
    short = fact.key.deployment[:8]
    link = f"<{url}|{short}>" if url else short
    text = f"*{_escaped(name)}*: {_escaped(rest)} ({link}, `fairlead deploy status {fact.key.deployment}`)"
    return msgspec.json.encode({"text": text})


def document(fact: Fact, application: str, url: str) -> bytes:
    """What a plain webhook takes: the fact, and where to look."""
    body: dict[str, Any] = {
        "id": fact.id,
        "event": fact.event,
        "at": fact.at,
        "tenant": fact.key.tenant,
        "deployment": fact.key.deployment,
        "application": application,
        "target": fact.target,
        "url": url,
        "text": sentence(fact, application),
        "data": fact.data,
    }
    return msgspec.json.encode(body)


def _told(message: Message | None) -> str:
    return _of_deployment(message) or _of_gate(message) or _of_rollout(message)


def _of_deployment(message: Message | None) -> str:
    match message:
        case DeploymentStarted(targets=targets, by=by):
            return f"{by} started a deployment to {_listed(targets)}"
        case DeploymentSucceeded():
            return "the deployment succeeded"
        case DeploymentFailed(reason=reason):
            return f"the deployment failed{_because(reason)}"
        case DeploymentCancelled(reason=reason):
            return f"the deployment was cancelled{_because(reason)}"
        case AbortStarted(by=by, reason=reason):
            return f"{by or 'the deployment itself'} aborts the deployment; its targets go back{_because(reason)}"
        case TargetStarted(target=target):
            return f"{target} begins"
        case TargetEnded(target=target, phase=phase, reason=reason):
            return f"{target} ended: {phase.replace('_', ' ')}{_because(reason)}"
        case _:
            return ""


def _of_gate(message: Message | None) -> str:
    match message:
        case GateStarted(target=target, what=Pause(approval=Approval(roles=roles))):
            whose = f"somebody with the role {_either(roles)}" if roles else "a person"
            return f"{target} waits for the approval of {whose}"
        case GateAsked(target=target, passed=passed, reason=reason):
            verdict = "passed" if passed else "failed"
            return f"an analysis of {target} {verdict}{_because(reason)}; a person decides what that means"
        case GatePassed(target=target, by=by) if by:
            return f"{by} lets {target} go on"
        case GateFailed(target=target, reason=reason, by=by):
            return f"{f'{by} stops {target}' if by else f'{target} does not go on'}{_because(reason)}"
        case _:
            return ""


def _of_rollout(message: Message | None) -> str:
    match message:
        case RolloutLanded(target=target):
            return f"{target} runs the new version"
        case RolloutReturning(target=target, reason=reason):
            return f"{target} goes back{_because(reason)}"
        case RolloutRolledBack(target=target, reason=reason) as back:
            return f"{target} {_went_back(back)}{_because(reason)}"
        case RolloutHindered(target=target, reason=reason):
            return f"{target} waits{_because(reason)}" if reason else f"{target} goes on"
        case RolloutAbandoned(target=target, by=by, reason=reason):
            return f"{by} gave {target} up{_because(reason)}"
        case _:
            return ""


def _went_back(back: RolloutRolledBack) -> str:
    if back.untouched:
        return "was rolled back before anything was changed"
    before = ", and its first version taken away again" if back.first else " to what was there before"
    return f"was rolled back{before}"


def _general(fact: Fact) -> str:
    noun, _, happened = fact.event.partition(".")
    return f"{noun} {happened.replace('-', ' ')}{f' on {fact.target}' if fact.target else ''}"


def _because(reason: str) -> str:
    return f": {one_line(reason, _MOST_REASON)}" if reason else ""


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:10])
    return f"{shown} and {len(names) - 10} more" if len(names) > 10 else shown


def _either(roles: tuple[str, ...]) -> str:
    *some, last = roles
    return f"{', '.join(some)} or {last}" if some else last


def _escaped(text: str) -> str:
    """The three characters with which names of ours could mention people, or fake a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
