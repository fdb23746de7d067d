"""What a valid file asks for that this release does not run: `validate` warns of it, a start is refused for it."""

from collections.abc import Collection, Iterator

from libs.spec.model import Canary, ExposeServices, Spec
from libs.spec.problems import Places, Problem, Report, join, path_of, place_of
from libs.spec.rules.uses import used_steps

Found = Iterator[tuple[str, str, str]]


def not_run(spec: Spec, keys: Places, targets: Collection[str] = ()) -> tuple[Problem, ...]:
    """Errors, for these targets or for all. `keys` says where the key of each path stands."""
    report = Report()
    for path, message, hint in _found(spec, targets):
        report.error(place_of(keys, path), "not_built", message, hint)
    return report.problems()


def _found(spec: Spec, targets: Collection[str]) -> Found:
    for path, step in used_steps(spec, targets):
        if isinstance(step, ExposeServices):
            yield join(path, "exposeServices"), "services are not exposed by this release", "remove the step"
    yield from _traffic(spec, targets)


def _traffic(spec: Spec, targets: Collection[str]) -> Found:
    """Only canaries are weighed by a mesh; beside blue/green it means nothing."""
    weighed = {
        name for name, target in spec.targets.items() if isinstance(spec.strategies.get(target.strategy), Canary)
    }
    chosen = weighed if not targets else weighed.intersection(targets)
    for index, item in enumerate(spec.traffic):
        for kind, is_there in (("smi", item.smi), ("istio", item.istio)):
            if is_there and not chosen.isdisjoint(item.targets):
                message = f"traffic is not split by {kind} in this release"
                hint = "remove it: a canary is then weighed by its number of pods"
                yield path_of("trafficManagement", index, kind), message, hint
