"""Which Services blue/green moves traffic with, and whether every target that needs them has them."""

from collections.abc import Iterator

from libs.spec.model import BlueGreen, ServicePair, Spec
from libs.spec.problems import Place, Report, path_of, quoted


def services_of(spec: Spec, target: str) -> tuple[ServicePair, ...]:
    """One pair for each active Service; none where the strategy is not blue/green."""
    previews: dict[str, str] = {}
    for pair in _written(spec, target):
        previews[pair.active] = previews.get(pair.active) or pair.preview
    return tuple(ServicePair(active, preview) for active, preview in previews.items())


def check_swaps(spec: Spec, places: dict[str, Place], report: Report) -> None:
    for name, target in spec.targets.items():
        path = path_of("targets", name)
        place = places.get(path, Place(path=path))
        if isinstance(spec.strategies.get(target.strategy), BlueGreen):
            _check_target(spec, name, place, report)


def _check_target(spec: Spec, name: str, place: Place, report: Report) -> None:
    if not services_of(spec, name):
        message = f"has no active Service, which blue/green strategy {quoted(spec.targets[name].strategy)} moves"
        hint = "name it under trafficManagement: kubernetes: activeService"
        report.error(place, "missing_key", message, hint)
    seen: dict[str, str] = {}
    for pair in _written(spec, name):
        if pair.preview and seen.setdefault(pair.active, pair.preview) != pair.preview:
            message = f"gets two preview Services for {quoted(pair.active)}"
            hint = f"keep {quoted(pair.preview)} or {quoted(seen[pair.active])}"
            report.error(place, "duplicate_name", message, hint)


def _written(spec: Spec, target: str) -> Iterator[ServicePair]:
    """The older place first."""
    strategy = spec.strategies.get(spec.targets[target].strategy)
    if not isinstance(strategy, BlueGreen):
        return
    if strategy.active_service:
        yield ServicePair(strategy.active_service, strategy.preview_service)
    for item in spec.traffic:
        if target in item.targets:
            yield from item.kubernetes
