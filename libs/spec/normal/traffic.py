"""`trafficManagement` in the normal form: each item with all its targets and its Services in pairs."""

from libs.spec.model import IstioRoute, ServicePair, SmiSplit, Traffic
from libs.spec.problems import Report, join, path_of, quoted
from libs.spec.shape.shape import Values
from libs.spec.shape.walk import Walk


class TrafficItems:
    """Reads one file's."""

    def __init__(self, walk: Walk, report: Report, targets: tuple[str, ...]) -> None:
        self._walk = walk
        self._report = report
        self._targets = targets

    def read(self, items: list[Values | None] | None) -> tuple[Traffic, ...]:
        return tuple(self._item(item or {}, path_of("trafficManagement", at)) for at, item in enumerate(items or ()))

    def _item(self, item: Values, path: str) -> Traffic:
        return Traffic(
            targets=self._named(item.get("targets"), join(path, "targets")),
            kubernetes=self._pairs(item.get("kubernetes") or [], join(path, "kubernetes")),
            smi=tuple(_split(one) for one in item.get("smi") or () if one),
            istio=tuple(_route(one) for one in item.get("istio") or () if one),
        )

    def _named(self, names: list[str | None] | None, path: str) -> tuple[str, ...]:
        """A name of no target is an error: its target would be released without what the item says."""
        if names is None:
            return self._targets
        known, named = set(self._targets), set(names)
        for index, name in enumerate(names):
            if name is not None and name not in known:
                message = f"{quoted(name)} is not among the targets"
                hint = self._report.suggestion(name, self._targets)
                self._report.error(self._walk.places[join(path, index)], "unknown_name", message, hint)
        return tuple(name for name in self._targets if name in named)

    def _pairs(self, items: list[Values | None], path: str) -> tuple[ServicePair, ...]:
        """One active and one preview Service in items of their own are a pair, where no other is meant."""
        read = [(item or {}, join(path, index)) for index, item in enumerate(items)]
        lone = [one for one, _ in read if "activeService" in one and "previewService" not in one]
        previews = [(one, at) for one, at in read if "previewService" in one and "activeService" not in one]
        if len(lone) == 1 and len(previews) == 1:
            joined = lone[0] | previews[0][0]
            read = [(joined if one is lone[0] else one, at) for one, at in read if one is not previews[0][0]]
        return tuple(pair for one, at in read if (pair := self._pair(one, at)))

    def _pair(self, item: Values, path: str) -> ServicePair | None:
        active, preview = item.get("activeService"), item.get("previewService")
        if "activeService" not in item:
            place = self._walk.places[path]
            self._report.error(place, "missing_key", "has no activeService", "add the Service that users reach")
        if active is not None and active == preview:
            place = self._walk.places[path]
            message = f"shows both versions through {quoted(active)}"
            self._report.error(place, "same_service", message, "name another Service as previewService")
        return ServicePair(active, preview or "") if active else None


def _split(item: Values) -> SmiSplit:
    root = item.get("rootServiceName") or ""
    return SmiSplit(root, item.get("canaryServiceName") or "", item.get("trafficSplitName") or "")


def _route(item: Values) -> IstioRoute:
    service, rule = item.get("virtualService") or {}, item.get("destinationRule") or {}
    return IstioRoute(
        virtual_service=service.get("name") or "",
        route=service.get("httpRouteName") or "",
        destination_rule=rule.get("name") or "",
        active_subset=rule.get("activeSubsetName") or "",
        canary_subset=rule.get("canarySubsetName") or "",
    )
