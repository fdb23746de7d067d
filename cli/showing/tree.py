"""A deployment as a tree: targets, constraints and steps, workloads, versions and pods, and what to type next. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from cli.showing.awaited import awaited_words, decision_command
from cli.showing.marks import ASKS, marked
from cli.showing.measured import add_measured, progress
from cli.showing.pods import MOST_PODS, add_live
from cli.showing.reasons import apportioned
from cli.showing.steps import step_words
from libs.api.span import span
from libs.api.view import DeploymentView, StepView, TargetView

_FIRST = "no version to compare with: the other steps are skipped"
_PHASES = {"before": "before the deployment", "after": "after the deployment", "landed": "done"}


def tree(view: DeploymentView, now: datetime, pods: int = MOST_PODS) -> RenderableType:
    """`pods`: the most that are shown of each version, those that are not ready first."""
    of_all, of_targets = apportioned(view)
    root = Tree(_headline(view, now, of_all), guide_style="dim")
    for target in view.targets:
        branch = root.add(_target_line(target, view, of_targets[target.name]))
        _add_stages(branch, target, now)
        if target.live:
            add_live(branch, target.live, pods)
    return Group(root, *_next_commands(view))


def _headline(view: DeploymentView, now: datetime, reason: str) -> Text:
    phase = ASKS if view.awaiting and view.ended_at is None else view.phase
    line = marked(phase, view.application, phase)
    line.append(f"  {view.id}  by {view.by}  {_span((view.ended_at or now) - view.started_at)}", "dim")
    for about in _about(view):
        line.append(f"\n{about}", "dim")
    if reason:
        line.append(f"\n{reason}", "red" if view.phase == "failed" else "yellow")
    return line


def _about(view: DeploymentView) -> Iterable[str]:
    """What was said of it when it was started."""
    if view.description:
        yield view.description
    said = {key: str(value) for key, value in view.source_control.items() if isinstance(value, str)}
    reference = said.get("prTitle") or said.get("referenceName", "")
    words = [
        said.get("repository", ""),
        reference,
        said.get("sha", "")[:12],
        said.get("prUrl") or said.get("shaUrl", ""),
    ]
    if source := "  ".join(word for word in words if word):
        yield source
    if view.context:
        yield ", ".join(f"{key}={value}" for key, value in view.context.items())
    if view.redeploys:
        yield f"the file of {view.redeploys}"


def _target_line(target: TargetView, view: DeploymentView, reason: str) -> Text:
    waits = any(one.target == target.name for one in view.awaiting)
    line = marked(ASKS if waits else target.phase, target.name, _target_words(target))
    namespace = f", namespace {target.namespace}" if target.namespace else ""
    line.append(f"  agent {target.agent}{namespace}", "dim")
    if target.phase == "waiting" and target.depends_on:
        line.append(f"  after {', '.join(target.depends_on)}", "dim")
    if target.rollout and target.rollout.held_by:
        line.append(f"\nheld by {target.rollout.held_by}", "yellow")
    if reason:
        line.append(f"\n{reason}", "yellow")
    if target.rollout and target.rollout.phase == "returning" and target.rollout.hindrance:
        line.append(f"\n{target.rollout.hindrance}", "red")
    return line


def _add_stages(branch: Tree, target: TargetView, now: datetime) -> None:
    first = bool(target.rollout and target.rollout.first)
    _add_steps(branch, "before", target.before, now)
    _add_strategy(branch, target.steps, now, first)
    _add_steps(branch, "after", target.after, now)


def _add_strategy(branch: Tree, steps: Sequence[StepView], now: datetime, first: bool) -> None:
    """A strategy that has not begun takes one line: what is under way must fit on the screen."""
    if steps and all(step.state == "pending" for step in steps):
        branch.add(Text(f"○ {', '.join(step_words(step) for step in steps)}", "dim"))
        return
    for step in steps:
        if not (first and step.state == "skipped"):
            _add_step(branch, step, now, first)
    if first and any(step.state == "skipped" for step in steps):
        branch.add(Text(f"- {_FIRST}", "dim"))


def _add_steps(branch: Tree, title: str, steps: Sequence[StepView], now: datetime) -> None:
    if steps:
        stage = branch.add(Text(title, "dim"))
        for step in steps:
            _add_step(stage, step, now)


def _add_step(branch: Tree, step: StepView, now: datetime, first: bool = False) -> None:
    node = branch.add(_step(step, now, first))
    add_measured(node, step)
    for gate in step.gates:
        add_measured(node.add(_step(gate, now)), gate)


def _step(step: StepView, now: datetime, first: bool = False) -> Text:
    line = marked(ASKS if step.asks else step.state, step_words(step, first=first))
    if waits := _waits(step):
        line.append(f"  {waits}", "cyan")
    if step.state == "current" and step.until:
        line.append(f"  {_until(step, now)}", "dim")
    if step.message:
        line.append(f"  {step.message}", "red" if step.state == "failed" else "dim")
    if step.by and step.state != "failed":
        line.append(f"  by {step.by}", "dim")
    if step.state == "skipped":
        line.stylize("dim")
    return line


def _waits(step: StepView) -> str:
    """Empty where something else on its line or below it says so."""
    is_timed = step.kind == "pause" and step.until is not None
    if step.state != "current" or step.asks or step.gates or is_timed or not step.waits_for:
        return ""
    return progress(step) or f"waits for {step.waits_for}"


def _until(step: StepView, now: datetime) -> str:
    assert step.until is not None, "asked only where there is an end"
    left = _span(step.until - now)
    return {"pause": f"{left} left", "approval": f"expires in {left}"}.get(step.kind, f"gives up in {left}")


def _next_commands(view: DeploymentView) -> Iterable[Text]:
    """Each thing that waits for a person, and the command that goes on."""
    for one in view.awaiting:
        yield Text(f"\n{awaited_words(one)}{'' if one.kind == 'judgment' else ':'}", "bold")
        for verb in ("approve", "reject"):
            yield Text(f"  {decision_command(verb, view, one)}")


def _target_words(target: TargetView) -> str:
    words = _PHASES.get(target.phase, target.phase.replace("_", " "))
    if target.rollout is None or target.phase != "deploying":
        return words
    if target.rollout.first:
        return f"{words} its first version"
    has_weights = any(step.kind == "setWeight" for step in target.steps)
    return f"{words} at {target.rollout.weight} %" if has_weights else words


def _span(length: timedelta) -> str:
    return span(length.total_seconds())
