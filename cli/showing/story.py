"""One line for each fact of a deployment: what happened, in words. Pure."""

from collections.abc import Callable, Mapping
from functools import partial
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
        case "deployGreen":
            return "the new version comes up" if data.get("alone") else "the new version comes up beside the old one"
        case "redirectTraffic":
            return "traffic goes to the new version"
        case "shutDownOld":
            return "the old version is shut down"
        case "pause" | "runWebhook" | "analysis" | "awaitGates":
            return ""  # its gates are told one by one
        case _:
            return f"step {data.get('step', 0) + 1} began"


def _gate(data: Data) -> str:
    what, stage = data.get("what", {}), data.get("place", {}).get("stage", "")
    place = {"before": " before it begins", "after": " after its rollout"}.get(stage, "")
    match what.get("step"):
        case "pause" if what.get("seconds") is not None:
            return f"pauses for {what['seconds']} s{place}"
        case "pause":
            roles = (what.get("approval") or {}).get("roles") or ()
            return f"waits for approval{_by(' or '.join(roles))}{place}"
        case "runWebhook":
            return f"webhook {what.get('name')} is called{place}"
        case "analysis":
            return f"{', '.join(what.get('queries', ()))} analysed{place}"
        case _:
            return f"a gate began{place}"


def _gate_passed(data: Data) -> str:
    message = f": {data['message']}" if data.get("message") else ""
    if data.get("skipped"):
        return f"{data.get('by')} went on without waiting"
    if data.get("by"):
        return f"approved by {data['by']}"
    return f"passed{message}" if message else "goes on"


def _gate_asked(data: Data) -> str:
    verdict = "passed" if data.get("passed") else "failed"
    return f"the analysis {verdict}{_why(data)}; a person decides"


def _measured(data: Data) -> str:
    values = (f"{one.get('query')} {one.get('problem') or one.get('value')}" for one in data.get("measurements", ()))
    return f"measured {', '.join(values)}"


def _ended(data: Data) -> str:
    return _once(str(data.get("phase", "ended")).replace("_", " "), data)


def _rolled_back(data: Data) -> str:
    if data.get("untouched"):
        return "nothing was changed"
    return "what was made is taken away again" if data.get("first") else "the previous version has everything again"


def _hindered(data: Data) -> str:
    return f"waits: {data['reason']}" if data.get("reason") else ""


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _once(word: str, data: Data) -> str:
    """The word and the reason, which may begin with that very word."""
    reason = str(data.get("reason") or "")
    return reason if reason.startswith(word) else f"{word}{_why(data)}"


def _why(data: Data) -> str:
    return f": {data['reason']}" if data.get("reason") else ""


_WORDS: dict[str, Callable[[Data], str]] = {
    "evt.deployment.queued": lambda _: "waits for the deployment under way to end",
    "evt.deployment.started": lambda data: f"{data.get('application')} is deployed by {data.get('by')}",
    "evt.deployment.target-started": lambda _: "begins",
    "evt.deployment.target-ended": _ended,
    "evt.deployment.abort-started": partial(_once, "aborted"),
    "evt.deployment.succeeded": lambda _: "the deployment succeeded",
    "evt.deployment.failed": lambda data: f"the deployment failed{_why(data)}",
    "evt.deployment.cancelled": lambda data: f"the deployment was cancelled{_why(data)}",
    "evt.deployment.refused": lambda data: f"an order was refused{_why(data)}",
    "evt.rollout.started": lambda _: "",
    "evt.rollout.step-started": _step,
    "evt.rollout.step-ended": lambda _: "",
    "evt.rollout.paused": lambda data: f"held{_by(str(data.get('by')))}{_why(data)}",
    "evt.rollout.resumed": lambda data: f"let go on by {data.get('by')}",
    "evt.rollout.hindered": _hindered,
    "evt.rollout.landed": lambda _: "the new version has everything",
    "evt.rollout.returning": lambda data: f"goes back{_why(data)}",
    "evt.rollout.rolled-back": _rolled_back,
    "evt.rollout.succeeded": lambda _: "finished: only the new version is left",
    "evt.rollout.abandoned": lambda data: f"given up by {data.get('by')}{_why(data)}",
    "evt.rollout.refused": lambda data: f"an order was refused{_why(data)}",
    "evt.gate.started": _gate,
    "evt.gate.asked": _gate_asked,
    "evt.gate.passed": _gate_passed,
    "evt.gate.failed": lambda data: str(data.get("reason", "")),
    "evt.webhook.called": lambda data: f"webhook {data.get('name')} answered; its callback is awaited",
    "evt.webhook.succeeded": lambda _: "",
    "evt.webhook.failed": lambda _: "",
    "evt.webhook.hindered": _hindered,
    "evt.webhook.cancelled": lambda _: "",
    "evt.webhook.refused": lambda data: f"a callback was refused{_why(data)}",
    "evt.analysis.measured": _measured,
    "evt.analysis.passed": lambda _: "",
    "evt.analysis.failed": lambda _: "",
    "evt.analysis.hindered": _hindered,
    "evt.analysis.cancelled": lambda _: "",
    "evt.fault.dead-lettered": lambda data: f"a message could not be handled{_why(data)}",
}
