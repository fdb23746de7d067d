"""What a file would do, as a tree: its targets in order, their gates and steps. Needs no server."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from cli.showing.steps import step_words
from libs.api.planned import planned
from libs.api.view import StepView
from libs.plan.compile import Source, compile_plan
from libs.plan.model import Plan
from libs.plan.prepare import Prepared
from libs.workload.kinds.objects import is_deployment

_NO_DIGEST = "0" * 64


def compiled(prepared: Prepared, targets: Sequence[str]) -> Plan:
    assert prepared.spec is not None, "a file with errors has no plan"
    sources = {
        name: Source(_NO_DIGEST, any(is_deployment(one) for one in objects))
        for name, objects in prepared.objects.items()
    }
    return compile_plan(prepared.spec, sources, frozenset(targets))


def picture(plan: Plan) -> RenderableType:
    root = Tree(Text(plan.application, "bold"), guide_style="dim")
    for target in plan.targets:
        after = f"  after {', '.join(target.depends_on)}" if target.depends_on else ""
        branch = root.add(Text.assemble((target.name, "bold"), (f"  agent {target.agent}{after}", "dim")))
        for title, steps in (("before", target.before), ("", target.steps), ("after", target.after)):
            place = branch.add(Text(title, "dim")) if title and steps else branch
            for step in steps:
                _add(place, planned(step))
    return root


def _add(branch: Tree, step: StepView) -> None:
    node = branch.add(Text(step_words(step)))
    for gate in step.gates:
        node.add(Text(step_words(gate)))
