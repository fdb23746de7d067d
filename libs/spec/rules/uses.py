"""Every step that a target walks, with its path."""

from collections.abc import Collection, Iterator

from libs.spec.model import BlueGreen, CanaryStep, Spec, Strategy
from libs.spec.problems import join, path_of


def used_steps(spec: Spec, targets: Collection[str] = ()) -> Iterator[tuple[str, CanaryStep]]:
    """Of these targets, or of all; a strategy that several share counts once."""
    chosen = {name: target for name, target in spec.targets.items() if not targets or name in targets}
    for name, target in chosen.items():
        yield from _listed(target.before, path_of("targets", name, "constraints", "beforeDeployment"))
        yield from _listed(target.after, path_of("targets", name, "constraints", "afterDeployment"))
    for strategy in dict.fromkeys(target.strategy for target in chosen.values()):
        if strategy in spec.strategies:
            yield from _walked(spec.strategies[strategy], path_of("strategies", strategy))


def _walked(strategy: Strategy, path: str) -> Iterator[tuple[str, CanaryStep]]:
    if isinstance(strategy, BlueGreen):
        yield from _listed(strategy.redirect_after, join(path, "blueGreen", "redirectTrafficAfter"))
        yield from _listed(strategy.shut_down_after, join(path, "blueGreen", "shutDownOldVersionAfter"))
    else:
        yield from _listed(strategy.steps, join(path, "canary", "steps"))


def _listed(steps: tuple[CanaryStep, ...], path: str) -> Iterator[tuple[str, CanaryStep]]:
    for index, step in enumerate(steps):
        yield join(path, index), step
