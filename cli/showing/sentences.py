"""The words for each fact of a deployment. Pure."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct

from libs.api.fates import Fate
from libs.api.span import span

Data = Mapping[str, Any]


class Heard(Struct, frozen=True):
    """A fact, and what of it is new."""

    data: Data
    reason: str = ""
    """Without what was told before."""
    fate: Fate = Fate()
    """The target's, before this fact."""
    fates: str = ""
    """What became of all targets, at the deployment's end."""
    application: str = ""

    @property
    def why(self) -> str:
        return f": {self.reason}" if self.reason else ""


Words = Callable[[Heard], str]


def sentence(type_: str, heard: Heard) -> str:
    """Empty for what a person need not know."""
    words = _WORDS.get(type_)
    return words(heard) if words else type_.removeprefix("evt.").replace(".", " ").replace("-", " ")


def _step(heard: Heard) -> str:
    data = heard.data
    what = data.get("what", {})
    match what.get("step"):
        case "applyManifests":
            return "applying the manifests"
        case "setWeight" | "deployGreen" if data.get("alone"):
            return "the new version comes up"
        case "setWeight":
            return f"goes to {what['weight']} %"
        case "deployGreen":
            return "the new version comes up beside the old one"
        case "redirectTraffic":
            return "traffic goes to the new version"
        case "shutDownOld":
            return "the old version is shut down"
        case "pause" | "runWebhook" | "analysis" | "awaitGates":
            return ""  # its gates are told one by one
        case _:
            return f"step {data.get('step', 0) + 1} began"


def _gate(heard: Heard) -> str:
    what, stage = heard.data.get("what", {}), heard.data.get("place", {}).get("stage", "")
    place = {"before": " before it begins", "after": " after its rollout"}.get(stage, "")
    match what.get("step"):
        case "pause" if what.get("seconds") is not None:
            return f"pauses for {span(what['seconds'])}{place}"
        case "pause":
            roles = (what.get("approval") or {}).get("roles") or ()
            return f"waits for approval{_by(' or '.join(roles))}{place}"
        case "runWebhook":
            return f"webhook {what.get('name')} is called{place}"
        case "analysis":
            return f"analysis of {', '.join(what.get('queries', ()))} begins{place}"
        case _:
            return f"a gate began{place}"


def _gate_passed(heard: Heard) -> str:
    data = heard.data
    if data.get("skipped"):
        return f"{data.get('by')} went on without waiting"
    if data.get("by"):
        return f"approved by {data['by']}"
    return f"passed: {data['message']}" if data.get("message") else "goes on"


def _gate_asked(heard: Heard) -> str:
    verdict = "passed" if heard.data.get("passed") else "failed"
    return f"the analysis {verdict}{heard.why}; a person decides"


def _measured(heard: Heard) -> str:
    measured = heard.data.get("measurements", ())
    values = (f"{one.get('query')} {one.get('problem') or _number(one.get('value'))}" for one in measured)
    return f"measured {', '.join(values)}"


def _number(value: object) -> str:
    # Only here: most deployments have no analysis, and every command waits for what it imports.
    from libs.analysis.words import number

    return number(value) if isinstance(value, float | int) else str(value)


def _landed(heard: Heard) -> str:
    if not heard.data.get("replica_sets"):
        return "everything is applied"
    return "the new version is up" if heard.fate.first else "the new version has everything"


def _rolled_back(heard: Heard) -> str:
    if heard.fate.over:
        return ""
    if heard.data.get("untouched"):
        return "rolled back: nothing was changed"
    if heard.data.get("first"):
        return "rolled back: what was made is taken away again"
    return "rolled back: what was there before is back"


def _rollout_succeeded(heard: Heard) -> str:
    fate = heard.fate
    if fate.first or not fate.workloads:
        return "" if fate.phase else "succeeded"
    return f"{'finished' if fate.phase else 'succeeded'}: only the new version is left"


def _ended(heard: Heard) -> str:
    """What its rollout told already is not told again."""
    phase, fate = str(heard.data.get("phase", "ended")), heard.fate
    if fate.over and phase in ("succeeded", "rolled_back"):
        return ""
    ended = _once(phase.replace("_", " "), heard)
    if phase in ("failed", "cancelled") and fate.has_new:
        return f"{ended}; it keeps the new version"
    return f"{ended}: nothing was changed" if ended in ("failed", "cancelled") and not fate.walked else ended


def _deployment_ended(how: str) -> Words:
    def words(heard: Heard) -> str:
        reasons = "; ".join(part for part in (heard.reason, heard.fates) if part)
        return f"{heard.application or 'the deployment'} {how}{f': {reasons}' if reasons else ''}"

    return words


def _hindered(heard: Heard) -> str:
    return f"waits{heard.why}" if heard.reason else ""


def _by(who: str) -> str:
    return f" by {who}" if who else ""


def _once(word: str, heard: Heard) -> str:
    """The word and the reason, which may begin with that very word."""
    return heard.reason if heard.reason.startswith(word) else f"{word}{heard.why}"


_WORDS: dict[str, Words] = {
    "evt.deployment.queued": lambda _: "waits for the deployment under way to end",
    "evt.deployment.started": lambda heard: f"{heard.data.get('application')} is deployed by {heard.data.get('by')}",
    "evt.deployment.target-started": lambda _: "begins",
    "evt.deployment.target-ended": _ended,
    "evt.deployment.abort-started": partial(_once, "aborted"),
    "evt.deployment.succeeded": lambda heard: f"{heard.application or 'the deployment'} succeeded",
    "evt.deployment.failed": _deployment_ended("failed"),
    "evt.deployment.cancelled": _deployment_ended("was cancelled"),
    "evt.deployment.refused": lambda heard: f"an order was refused{heard.why}",
    "evt.rollout.started": lambda _: "",
    "evt.rollout.step-started": _step,
    "evt.rollout.step-ended": lambda _: "",
    "evt.rollout.paused": lambda heard: f"held{_by(str(heard.data.get('by')))}{heard.why}",
    "evt.rollout.resumed": lambda heard: f"let go on by {heard.data.get('by')}",
    "evt.rollout.hindered": _hindered,
    "evt.rollout.landed": _landed,
    "evt.rollout.returning": lambda heard: f"goes back{heard.why}",
    "evt.rollout.rolled-back": _rolled_back,
    "evt.rollout.succeeded": _rollout_succeeded,
    "evt.rollout.abandoned": lambda heard: f"given up by {heard.data.get('by')}{heard.why}",
    "evt.rollout.refused": lambda heard: f"an order was refused{heard.why}",
    "evt.gate.started": _gate,
    "evt.gate.asked": _gate_asked,
    "evt.gate.passed": _gate_passed,
    "evt.gate.failed": lambda heard: heard.reason,
    "evt.webhook.called": lambda heard: f"webhook {heard.data.get('name')} answered; its callback is awaited",
    "evt.webhook.succeeded": lambda _: "",
    "evt.webhook.failed": lambda _: "",
    "evt.webhook.hindered": _hindered,
    "evt.webhook.cancelled": lambda _: "",
    "evt.webhook.refused": lambda heard: f"a callback was refused{heard.why}",
    "evt.analysis.measured": _measured,
    "evt.analysis.passed": lambda _: "",
    "evt.analysis.failed": lambda _: "",
    "evt.analysis.hindered": _hindered,
    "evt.analysis.cancelled": lambda _: "",
    "evt.fault.dead-lettered": lambda heard: f"a message could not be handled{heard.why}",
}
