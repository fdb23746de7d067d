"""A step or a gate of a plan as people look at it, before anything became of it. Pure."""

from libs.api.view import StepView
from libs.plan.model import Analysis, AwaitGates, Gate, Pause, RunWebhook, SetWeight, Step


def planned(step: Step | Gate) -> StepView:
    match step:
        case AwaitGates(name=name, gates=gates):
            return StepView(kind=name, state="pending", gates=tuple(planned(gate) for gate in gates))
        case Pause(approval=None, seconds=seconds):
            return StepView(kind="pause", state="pending", seconds=seconds)
        case Pause(approval=approval):
            roles, expires = (approval.roles, approval.expires_seconds) if approval else ((), None)
            return StepView(kind="approval", state="pending", seconds=expires, roles=roles)
        case RunWebhook(name=name):
            return StepView(kind="runWebhook", state="pending", name=name)
        case Analysis(queries=queries):
            return StepView(kind="analysis", state="pending", name=", ".join(queries))
        case SetWeight(weight=weight):
            return StepView(kind="setWeight", state="pending", weight=weight)
        case _:
            return StepView(kind=str(type(step).__struct_config__.tag), state="pending")
