"""From the file to the plan: which steps each target walks."""

from collections.abc import Mapping

from msgspec import Struct

from libs.plan.model import ApplyManifests, Plan, SetWeight, Step, TargetPlan
from libs.spec.model import Spec, Target

FULL = 100


class Source(Struct, frozen=True):
    """What a target brings."""

    manifests: str
    """Digest of its objects in the object store."""
    has_deployment: bool
    """Whether any object is a Deployment: only those are led by a strategy."""


def compile_plan(spec: Spec, sources: Mapping[str, Source], only: frozenset[str] = frozenset()) -> Plan:
    """The plan of a valid spec; `only`, where not empty, leaves the other targets out.

    What a target left out was needed for is taken as given: a person who names targets says that the rest stands.
    """
    chosen = {name: target for name, target in spec.targets.items() if not only or name in only}
    return Plan(
        application=spec.application,
        targets=tuple(_target(spec, name, target, sources[name], chosen) for name, target in chosen.items()),
    )


def _target(spec: Spec, name: str, target: Target, source: Source, chosen: Mapping[str, Target]) -> TargetPlan:
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
    )


def _strategy(spec: Spec, target: Target) -> tuple[Step, ...]:
    """The file's steps; a last weight of 100 is implied."""
    steps = spec.strategies[target.strategy].steps
    weights = [step.weight for step in steps if isinstance(step, SetWeight)]
    return steps if weights[-1:] == [FULL] else (*steps, SetWeight(weight=FULL))
