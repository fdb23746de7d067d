"""How large a deployment may be: what one commit of its machine can hold."""

import msgspec
from msgspec import Struct

from libs.plan.model import Plan, TargetPlan

_ALWAYS = 10
"""Messages of a step that speak of no target: the record, the check's timer, the beginning and the end."""


class Bounds(Struct, frozen=True):
    """What the store takes at once."""

    messages: int
    bytes: int


def too_large(plan: Plan, bounds: Bounds) -> str:
    """Why no machine could lead this plan, with what to do; empty where one can.

    At worst one step moves every target at once, and one record holds the plan twice: as the message and in the state.
    """
    messages = _ALWAYS + sum(_messages(target) for target in plan.targets)
    if messages > bounds.messages:
        count = f"{len(plan.targets)} targets with their gates could need {messages} messages in one step"
        return f"{count}, {bounds.messages} are allowed: deploy in parts, with fewer targets each"
    size = 2 * len(msgspec.json.encode(plan)) + 200 * len(plan.targets)
    if size > bounds.bytes:
        return f"its plan takes {size} bytes, {bounds.bytes} are allowed: deploy in parts, with fewer targets each"
    return ""


def _messages(target: TargetPlan) -> int:
    """A target that begins says so and starts its rollout, or opens its gates: each says so, and arms or starts one."""
    return 3 + 2 * max(len(target.before), len(target.after))
