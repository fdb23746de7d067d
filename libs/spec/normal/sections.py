"""What steps and targets name, in the normal form: strategies, webhooks and queries, by their names."""

from itertools import pairwise

from libs.spec.model import BlueGreen, Canary, Header, Query, SetWeight, Strategy, Webhook
from libs.spec.normal.steps import Steps
from libs.spec.problems import Report, join, path_of
from libs.spec.shape.shape import Values
from libs.spec.shape.walk import Walk


class Sections:
    """Reads one file's; of two with one name the first counts, and what is broken and unused is left out."""

    def __init__(self, walk: Walk, report: Report, steps: Steps) -> None:
        self._walk = walk
        self._report = report
        self._steps = steps

    def strategies(self, file: Values) -> dict[str, Strategy]:
        read: dict[str, Strategy] = {}
        for name, value in (file.get("strategies") or {}).items():
            with self._report.softly(not self._walk.names.is_used("strategy", name)) as softened:
                strategy = self._strategy(value or {}, path_of("strategies", name))
            if not softened.is_broken:
                read[name] = strategy
        return read

    def webhooks(self, file: Values) -> dict[str, Webhook]:
        values = self._first("webhook", file.get("webhooks"), "webhooks", "uriTemplate")
        return {name: _webhook(value) for name, value in values.items()}

    def queries(self, file: Values) -> dict[str, Query]:
        items = (file.get("analysis") or {}).get("queries")
        values = self._first("query", items, path_of("analysis", "queries"), "queryTemplate")
        return {name: _query(value) for name, value in values.items()}

    def _first(self, kind: str, items: list[Values | None] | None, path: str, needed: str) -> dict[str, Values]:
        defined = self._walk.names.defined[kind]
        return {
            item["name"]: item
            for index, item in enumerate(items or ())
            if item and item.get("name") and item.get(needed) and defined.get(item["name"]) == join(path, index)
        }

    def _strategy(self, strategy: Values, path: str) -> Strategy:
        if (swap := strategy.get("blueGreen")) is not None:
            return self._blue_green(swap, join(path, "blueGreen"))
        inside = join(path, "canary", "steps")
        steps = self._steps.read((strategy.get("canary") or {}).get("steps"), inside)
        self._check_weights({at: step.weight for at, step in steps.items() if isinstance(step, SetWeight)})
        return Canary(tuple(steps.values()))

    def _blue_green(self, swap: Values, path: str) -> BlueGreen:
        redirect, shut_down = "redirectTrafficAfter", "shutDownOldVersionAfter"
        return BlueGreen(
            redirect_after=self._steps.swap_gates(swap.get(redirect), join(path, redirect)),
            shut_down_after=self._steps.swap_gates(swap.get(shut_down), join(path, shut_down)),
            active_service=swap.get("activeService") or "",
            preview_service=swap.get("previewService") or "",
        )

    def _check_weights(self, weights: dict[str, int]) -> None:
        for before, (path, weight) in pairwise(weights.items()):
            if weight < before[1]:
                message = f"lowers the weight from {before[1]} to {weight}"
                place = self._walk.places[path]
                self._report.warn(place, "falling_weight", message, "let weights rise over the steps")


def _webhook(value: Values) -> Webhook:
    through_agent = value.get("networkMode") == "remoteNetworkAgent"
    headers = (item for item in value.get("headers") or () if item)
    return Webhook(
        uri=value["uriTemplate"],
        method=value.get("method") or "POST",
        headers=tuple(Header(item.get("key") or "", item.get("value") or "") for item in headers),
        body=(value.get("bodyTemplate") or {}).get("inline"),
        through_agent=through_agent,
        # Some files name an agent for a call that needs none.
        agent=(value.get("agentIdentifier") or "") if through_agent else "",
        retries=value.get("retryCount") or 0,
        calls_back=not value.get("disableCallback"),
    )


def _query(value: Values) -> Query:
    return Query(
        template=value["queryTemplate"],
        provider=value.get("metricProviderName") or "",
        upper=value.get("upperLimit"),
        lower=value.get("lowerLimit"),
    )
