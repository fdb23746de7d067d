"""What a step or a gate is called, planned or walked: the one place for these words. Pure."""

from libs.api.span import span
from libs.api.view import StepView

_KINDS = {
    "applyManifests": "apply manifests",
    "deployGreen": "deploy the new version beside the old one",
    "redirectTrafficAfter": "before traffic moves",
    "redirectTraffic": "redirect traffic",
    "shutDownOldVersionAfter": "before the old version goes",
    "shutDownOld": "shut down the old version",
}
_ALONE = {"setWeight": "deploy the new version", "deployGreen": "deploy the new version"}
"""Where there is no version before it, and so nothing that a weight could be a part of."""


def step_words(step: StepView, *, first: bool = False) -> str:
    """`first`: it is the target's first deployment."""
    if first and step.state != "skipped" and step.kind in _ALONE:
        return _ALONE[step.kind]
    match step.kind:
        case "setWeight":
            return f"{step.weight} %"
        case "approval":
            return f"approval by {' or '.join(step.roles)}" if step.roles else "approval"
        case "pause":
            return f"pause {span(step.seconds or 0)}"
        case "runWebhook":
            return f"webhook {step.name}"
        case "analysis":
            return f"analysis of {step.name}"
        case kind:
            return _KINDS.get(kind, kind)
