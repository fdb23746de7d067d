"""Why a deployment is where it is: each thing that it waits for, in words, with the command that helps. Pure."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cli.program import command
from cli.showing.awaited import awaited_words, decision_command
from libs.api.view import ENDED, Awaited, DeploymentView, RolloutView, StepView, TargetView


class Reason(Struct, frozen=True, omit_defaults=True):
    words: str
    target: str = ""
    command: str = ""
    """What a person could type; empty where only time or the cluster helps."""
    other: str = ""
    """What could be typed instead."""


def explained(view: DeploymentView, now: datetime) -> tuple[Reason, ...]:
    if view.phase in ENDED:
        return (_ended(view),)
    reasons = (
        *(_decision(view, one) for one in view.awaiting),
        *(reason for target in view.targets for reason in _target(target, view, now)),
    )
    return reasons or (_beginning(view),)


def told(reason: Reason) -> str:
    place = f"{reason.target}: " if reason.target and not reason.words.startswith(reason.target) else ""
    typed = "".join(f"\n  {one}" for one in (reason.command, reason.other) if one)
    return f"{place}{reason.words}{typed}"


def _ended(view: DeploymentView) -> Reason:
    why = f": {view.reason}" if view.reason else ""
    again = "" if view.phase == "succeeded" else command("deploy", "redeploy", view.id)
    return Reason(f"the deployment {view.phase}{why}", command=again)


def _decision(view: DeploymentView, one: Awaited) -> Reason:
    yes, no = (decision_command(verb, view, one) for verb in ("approve", "reject"))
    return Reason(awaited_words(one), one.target, yes, no)


def _beginning(view: DeploymentView) -> Reason:
    if view.phase == "queued":
        return Reason(f"it waits for {view.behind} to end", command=command("deploy", "watch", view.behind))
    if view.phase == "accepted":
        return Reason("it is accepted, and no planner has taken it on yet", command=command("doctor"))
    return Reason(f"it is {view.phase}, and waits for nothing in particular")


def _target(target: TargetView, view: DeploymentView, now: datetime) -> Iterator[Reason]:
    name = target.name
    if target.phase == "waiting" and (open_ := _open(target, view)):
        yield Reason(f"begins after {', '.join(open_)}", name)
    if target.rollout and target.rollout.held_by:
        yield Reason(f"held by {target.rollout.held_by}", name, _command("resume", view, name))
    if target.live and target.live.agent_away_since:
        since = f"{target.live.agent_away_since:%H:%M:%S}"
        yield Reason(f"agent {target.agent} has been away since {since} UTC", name, command("agent", "list"))
    if target.rollout and target.rollout.phase == "returning":
        yield _returning(target, target.rollout, view)
    for step in (*target.before, *target.steps, *target.after):
        yield from (_with_ways_back(one, target, view) for one in _step(step, view, name, now))


def _returning(target: TargetView, rollout: RolloutView, view: DeploymentView) -> Reason:
    """A return has no deadline: where its cluster never comes back, only a person can end it."""
    text = f"goes back to the previous version: {rollout.hindrance or target.reason}"
    given_up = f"{_command('abandon', view, target.name)} --reason WHY" if rollout.hindrance else ""
    return Reason(text, target.name, other=given_up)


def _with_ways_back(reason: Reason, target: TargetView, view: DeploymentView) -> Reason:
    """What the cluster cannot do, such as keeping a pod alive, no patience cures."""
    if reason.command or not (target.rollout and target.rollout.hindrance):
        return reason
    back, end = _command("rollback", view, target.name), command("deploy", "abort", view.id)
    return replace(reason, command=back, other=end)


def _open(target: TargetView, view: DeploymentView) -> list[str]:
    done = {one.name for one in view.targets if one.phase in ("landed", "succeeded")}
    return [name for name in target.depends_on if name not in done]


def _step(step: StepView, view: DeploymentView, target: str, now: datetime) -> Iterator[Reason]:
    if step.state != "current" or step.asks:
        return
    for gate in step.gates:
        yield from _step(gate, view, target, now)
    if not step.gates and step.waits_for:
        left = f", at most {max(0, round((step.until - now).total_seconds()))} s" if step.until else ""
        helps = _command("advance", view, target) if step.kind in ("pause", "runWebhook", "analysis") else ""
        yield Reason(f"waits for {step.waits_for}{left}", target, helps)


def _command(verb: str, view: DeploymentView, target: str) -> str:
    return command("deploy", verb, view.id, "--target", target)
