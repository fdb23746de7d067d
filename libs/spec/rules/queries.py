"""Whether each query that is used has limits that can be met and a provider to ask."""

from collections.abc import Iterator

from libs.spec.model import Analysis, Query, Spec
from libs.spec.problems import Places, Report, join, place_of, quoted
from libs.spec.rules.uses import used_steps
from libs.spec.shape.names import Names


class QueryRules:
    def __init__(self, spec: Spec, places: Places, report: Report) -> None:
        self._spec = spec
        self._places = places
        self._report = report

    def check(self, names: Names) -> None:
        for name, query in self._spec.queries.items():
            if names.is_used("query", name):
                self._check_limits(query, names.defined["query"][name])
        for path, analysis in self._analyses():
            self._check_providers(analysis, path)

    def _analyses(self) -> Iterator[tuple[str, Analysis]]:
        for path, step in used_steps(self._spec):
            if isinstance(step, Analysis):
                yield join(path, "analysis"), step

    def _check_limits(self, query: Query, path: str) -> None:
        written = [key for key in ("upperLimit", "lowerLimit") if join(path, key) in self._places]
        if not written:
            place = self._places[path]
            self._report.error(place, "missing_key", "has no limit", "add upperLimit, lowerLimit or both")
        if query.lower is not None and query.upper is not None and query.lower > query.upper:
            message = f"is {query.lower:g}, above upperLimit {query.upper:g}"
            place = self._places[join(path, "lowerLimit")]
            self._report.error(place, "out_of_range", message, "no value could pass: exchange the two")

    def _check_providers(self, analysis: Analysis, path: str) -> None:
        if analysis.provider or self._spec.default_provider:
            return
        for index, name in enumerate(analysis.queries):
            query = self._spec.queries.get(name)
            if query is not None and not query.provider:
                at = join(path, "queries", index)
                message = f"{quoted(name)} has no metric provider to ask"
                hint = "add analysis.defaultMetricProviderName, or metricProviderName to the query or the step"
                self._report.error(place_of(self._places, at), "missing_key", message, hint)
