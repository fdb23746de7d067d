"""A person's decision: found out what is meant, who may, and what came of it."""

from collections.abc import Callable

from msgspec import Struct

from libs.api.request import Decision
from libs.api.view import Decided, DeploymentView
from libs.auth.permissions import Grants, has_any, may_approve
from libs.auth.principal import Principal
from libs.messages.subject import Key
from libs.runtime.problem import Problem
from services.intake.deciding.decision import Chosen, refusal
from services.intake.deciding.meant import Unclear
from services.intake.deciding.ordering import Ordering

Choose = Callable[[DeploymentView, Decision, str], Chosen]


class Caller(Struct, frozen=True):
    """Who decides, and what his custom roles stand for."""

    principal: Principal
    grants: Grants


class Deciding:
    def __init__(self, ordering: Ordering) -> None:
        self._ordering = ordering

    async def decide(self, who: Caller, key: Key, view: DeploymentView, wanted: tuple[Choose, Decision]) -> Decided:
        """Give a person's order and wait a moment for its effect."""
        order = _chosen(view, wanted, who).order
        target = str(getattr(order, "target", ""))
        given = await self._ordering.give(order, key, who.principal)
        if given.effect is None:
            return Decided(id=given.id, state="sent", target=target)
        if reason := refusal(given.effect):
            raise Problem(409, reason, "refused")
        return Decided(id=given.id, state="done", event=given.effect.address, target=target)


def _chosen(view: DeploymentView, wanted: tuple[Choose, Decision], who: Caller) -> Chosen:
    choose, decision = wanted
    try:
        chosen = choose(view, decision, who.principal.subject)
    except Unclear as unclear:
        raise Problem(409, unclear.detail, unclear.code, {"awaiting": view.awaiting}) from unclear
    if chosen.asks_approver:
        permission = may_approve(who.principal, who.principal.tenant, chosen.roles, who.grants)
        if not permission.is_allowed:
            raise Problem(403, permission.reason, "role_required")
    return chosen


def is_asked(view: DeploymentView, who: Principal) -> bool:
    """Whether anything in the deployment waits, waited or will wait for somebody with one of the principal's roles."""
    steps = [step for target in view.targets for step in (*target.before, *target.steps, *target.after)]
    asked = [one.roles for one in view.awaiting]
    asked += [gate.roles for step in steps for gate in (step, *step.gates)]
    return any(has_any(who, roles) for roles in asked)
