"""From the file to the plan: which steps each target walks."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from libs.plan.model import (
    ApplyManifests,
    AwaitGates,
    Definitions,
    DeployGreen,
    Plan,
    RedirectTraffic,
    SetWeight,
    ShutDownOld,
    Step,
    TargetPlan,
)
from libs.spec.model import BlueGreen, Canary, ExposeServices, Gate, Spec, Target
from libs.spec.rules.swaps import services

FULL = 100


class Source(Struct, frozen=True):
    """What a target brings."""

    manifests: str
    """Digest of its objects in the object store."""
    has_deployment: bool
    """Whether any object is a Deployment: only those are led by a strategy."""


def definitions_of(spec: Spec, context: Mapping[str, str]) -> Definitions:
    """What the plan's gates name; `context` is the request's and wins over the file's."""
    return Definitions(spec.webhooks, spec.queries, spec.default_provider, {**spec.context, **context})


def compile_plan(
    spec: Spec, sources: Mapping[str, Source], only: frozenset[str] = frozenset(), definitions: str = ""
) -> Plan:
    """The plan of a valid spec; `only`, where not empty, leaves the other targets out.

    What a target left out was needed for is taken as given: a person who names targets says that the rest stands.
    """
    chosen = {name: target for name, target in spec.targets.items() if not only or name in only}
    moved = services(spec)
    targets = (_target(spec, name, sources[name], frozenset(chosen), definitions) for name in chosen)
    return Plan(
        application=spec.application,
        targets=tuple(replace(target, services=moved.get(target.name, ())) for target in targets),
    )


def _target(spec: Spec, name: str, source: Source, chosen: frozenset[str], definitions: str) -> TargetPlan:
    target = spec.targets[name]
    return TargetPlan(
        name=name,
        agent=target.account,
        namespace=target.namespace,
        depends_on=tuple(needed for needed in target.depends_on if needed in chosen),
        before=target.before,
        steps=(ApplyManifests(), *_strategy(spec, target)) if source.has_deployment else (ApplyManifests(),),
        after=target.after,
        manifests=source.manifests,
        timeout_seconds=spec.timeout_seconds,
        definitions=definitions,
        keeps_deployment=spec.keeps_deployment,
    )


def left_out(spec: Spec, only: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """For each chosen target, what it depends on and `only` leaves out."""
    chosen = {name: target for name, target in spec.targets.items() if name in only}
    left = {name: tuple(sorted(set(target.depends_on) - only)) for name, target in chosen.items()}
    return {name: needed for name, needed in left.items() if needed}


def _strategy(spec: Spec, target: Target) -> tuple[Step, ...]:
    match spec.strategies[target.strategy]:
        case Canary(steps=steps):
            return _canary(tuple(step for step in steps if not isinstance(step, ExposeServices)))
        case BlueGreen() as swap:
            redirect = _gates("redirectTrafficAfter", swap.redirect_after)
            shut_down = _gates("shutDownOldVersionAfter", swap.shut_down_after)
            return (DeployGreen(), *redirect, RedirectTraffic(), *shut_down, ShutDownOld())


def _canary(steps: tuple[SetWeight | Gate, ...]) -> tuple[Step, ...]:
    """The file's steps; a last weight of 100 is implied."""
    weights = [step.weight for step in steps if isinstance(step, SetWeight)]
    return steps if weights[-1:] == [FULL] else (*steps, SetWeight(weight=FULL))


def _gates(name: str, steps: tuple[Gate | ExposeServices, ...]) -> tuple[AwaitGates, ...]:
    gates = tuple(step for step in steps if not isinstance(step, ExposeServices))
    return (AwaitGates(name, gates),) if gates else ()
