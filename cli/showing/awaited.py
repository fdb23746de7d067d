"""A decision that something waits for, in words and as the command that makes it. Pure."""

from cli.program import command
from libs.api.view import Awaited, DeploymentView


def awaited_words(one: Awaited) -> str:
    place = {"before": "before it begins", "after": "before it counts as done"}.get(
        one.stage, f"at step {one.step + 1}"
    )
    if one.kind == "judgment":
        return f"{one.target} waits for a decision {place}: {one.message}"
    who = f" by {' or '.join(one.roles)}" if one.roles else ""
    return f"{one.target} waits for approval{who} {place}"


def decision_command(verb: str, view: DeploymentView, one: Awaited) -> str:
    """Names no more than is needed to mean one thing."""
    words = ["deploy", verb, view.id]
    if len(view.awaiting) > 1:
        words += ["--target", one.target]
    here = [other for other in view.awaiting if other.target == one.target]
    if len(here) > 1:
        words += ["--stage", one.stage, "--step", str(one.step + 1)]
    if sum((other.stage, other.step) == (one.stage, one.step) for other in here) > 1:
        words += ["--gate", str(one.gate + 1)]
    return command(*words)
