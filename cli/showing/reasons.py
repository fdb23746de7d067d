"""Where in a tree a reason stands, so that it stands there once. Pure."""

from libs.api.reasons import NOBODY, Reasons
from libs.api.view import DeploymentView


def apportioned(view: DeploymentView) -> tuple[str, dict[str, str]]:
    """What to say of the deployment, and what of each target: a step that failed says it itself."""
    of_targets, said = Reasons(), Reasons()
    for target in view.targets:
        of_targets.tell(target.name, target.reason)
    of_all = of_targets.rest_of_all(view.reason)
    said.tell(NOBODY, of_all)
    for target in view.targets:
        for step in (*target.before, *target.steps, *target.after):
            for one in (step, *step.gates):
                said.tell(target.name, one.message if one.state == "failed" else "")
    return of_all, {target.name: said.rest(target.name, target.reason) for target in view.targets}
