"""One line for each fact of a deployment: what happened, in words. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from libs.api.view import EventView

Data = Mapping[str, Any]


def told(event: EventView) -> str:
    """The line for a pipe, with the time of day; empty for what a person need not know."""
    words = _WORDS.get(event.type)
    said = words(event.data) if words else event.type.removeprefix("evt.").replace(".", " ").replace("-", " ")
    if not said:
        return ""
    target = str(event.data.get("target", ""))
    return f"{event.at:%H:%M:%S}  {f'{target}: ' if target else ''}{said}"


def _step(data: Data) -> str:
    what = data.get("what", {})
    match what.get("step"):
        case "applyManifests":
            return "manifests are applied"
        case "setWeight":
            return f"goes to {what['weight']} %"
        case "pause" if what.get("seconds") is not None:
            return f"pauses for {what['seconds']} s"
        case "pause":
            roles = (what.get("approval") or {}).get("roles") or ()
            return f"waits for approval{_by(' or '.join(roles))}"
        case _:
            return f"step {data.get('step', 0) + 1} began"


def _pause(data: Data) -> str:
    place = {"before": "before it begins", "after": "after its rollout"}.get(data.get("stage", ""), "")
    if data.get("seconds") is not None:
        return f"pauses for {data['seconds']} s {place}"
    return f"waits for approval{_by(' or '.join(data.get('roles') or ()))} {place}"


def _pause_ended(data: Data) -> str:
    return f"approved by {data['by']}" if data.get("by") else "the pause is over"


def _ended(data: Data) -> str:
    phase = str(data.get("phase", "ended")).replace("_", " ")
    return f"{phase}{_why(data)}"


def _hindered(data: Data) -> str:
    return f"waits: {data['reason']}" if data.get("reason") else ""


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _why(data: Data) -> str:
    return f": {data['reason']}" if data.get("reason") else ""


_WORDS: dict[str, Callable[[Data], str]] = {
    "evt.deployment.started": lambda data: f"{data.get('application')} is deployed by {data.get('by')}",
    "evt.deployment.target-started": lambda _: "begins",
    "evt.deployment.pause-started": _pause,
    "evt.deployment.pause-ended": _pause_ended,
    "evt.deployment.target-ended": _ended,
    "evt.deployment.abort-started": lambda data: f"aborted{_why(data)}",
    "evt.deployment.succeeded": lambda _: "the deployment succeeded",
    "evt.deployment.failed": lambda data: f"the deployment failed{_why(data)}",
    "evt.deployment.cancelled": lambda data: f"the deployment was cancelled{_why(data)}",
    "evt.deployment.refused": lambda data: f"an order was refused{_why(data)}",
    "evt.rollout.started": lambda _: "",
    "evt.rollout.step-started": _step,
    "evt.rollout.step-ended": lambda data: f"approved by {data['by']}" if data.get("by") else "",
    "evt.rollout.hindered": _hindered,
    "evt.rollout.landed": lambda _: "the new version has everything",
    "evt.rollout.returning": lambda data: f"goes back{_why(data)}",
    "evt.rollout.rolled-back": lambda _: "the previous version has everything again",
    "evt.rollout.succeeded": lambda _: "finished: only the new version is left",
    "evt.rollout.abandoned": lambda data: f"given up by {data.get('by')}{_why(data)}",
    "evt.rollout.refused": lambda data: f"an order was refused{_why(data)}",
    "evt.fault.dead-lettered": lambda data: f"a message could not be handled{_why(data)}",
}
