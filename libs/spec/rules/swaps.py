"""Which Services blue/green moves traffic with, and whether every target that needs them has them."""

from libs.spec.model import BlueGreen, ServicePair, Spec
from libs.spec.problems import Place, Places, Report, path_of, place_of, quoted

Pairs = dict[str, list[ServicePair]]


def services(spec: Spec) -> dict[str, tuple[ServicePair, ...]]:
    """Of each blue/green target, one pair for each active Service."""
    return {target: _merged(pairs) for target, pairs in _written(spec).items()}


def _merged(pairs: list[ServicePair]) -> tuple[ServicePair, ...]:
    previews: dict[str, str] = {}
    for pair in pairs:
        previews[pair.active] = previews.get(pair.active) or pair.preview
    return tuple(ServicePair(active, preview) for active, preview in previews.items())


def check_swaps(spec: Spec, places: Places, report: Report) -> None:
    for name, pairs in _written(spec).items():
        path = path_of("targets", name)
        place = place_of(places, path)
        if not pairs:
            shown = quoted(spec.targets[name].strategy)
            message = f"has no active Service, which blue/green strategy {shown} moves"
            hint = "name it under trafficManagement: kubernetes: activeService"
            report.error(place, "missing_key", message, hint)
        _check_previews(pairs, place, report)


def _check_previews(pairs: list[ServicePair], place: Place, report: Report) -> None:
    seen: dict[str, str] = {}
    for pair in pairs:
        if pair.preview and seen.setdefault(pair.active, pair.preview) != pair.preview:
            message = f"gets two preview Services for {quoted(pair.active)}"
            hint = f"keep {quoted(pair.preview)} or {quoted(seen[pair.active])}"
            report.error(place, "duplicate_name", message, hint)


def _written(spec: Spec) -> Pairs:
    """The older place first."""
    swaps = {name: one for name, one in spec.strategies.items() if isinstance(one, BlueGreen)}
    found = {name: _own(swaps[one.strategy]) for name, one in spec.targets.items() if one.strategy in swaps}
    for item in spec.traffic:
        for target in item.targets:
            if target in found:
                found[target].extend(item.kubernetes)
    return found


def _own(swap: BlueGreen) -> list[ServicePair]:
    return [ServicePair(swap.active_service, swap.preview_service)] if swap.active_service else []
