"""Whether the metric providers that a file's analyses name can be asked. Pure."""

from collections.abc import Iterator, Mapping

from libs.api.request import StartRequest
from libs.config.model import MetricProvider
from libs.spec.model import Analysis, Spec
from libs.spec.parse import parse
from libs.spec.problems import Problem, Report, join, path_of, place_of, quoted
from libs.spec.rules.uses import used_steps

BUILT = ("prometheus",)
"""The types that this release asks."""
_LISTED = 20


def measures(request: StartRequest, spec: Spec) -> bool:
    """Whether any target that is asked for is analysed at all."""
    return any(isinstance(step, Analysis) for _, step in used_steps(spec, request.targets))


def missing_providers(
    request: StartRequest, spec: Spec, providers: Mapping[str, MetricProvider]
) -> tuple[Problem, ...]:
    """What cannot be asked is refused once, where it is named first, if a target that is asked for needs it."""
    named: dict[str, str] = {}
    for path, step in used_steps(spec, request.targets):
        if isinstance(step, Analysis):
            for where, name in _named(spec, step, join(path, "analysis")):
                named.setdefault(name, where)
    wrong = {name: where for name, where in named.items() if not _can_ask(providers.get(name))}
    places = parse(request.config, 0, request.given).places if wrong else {}
    report = Report()
    for name, where in wrong.items():
        code, message, hint = _words(report, name, providers)
        report.error(place_of(places, where), code, message, hint)
    return report.problems()


def _named(spec: Spec, analysis: Analysis, path: str) -> Iterator[tuple[str, str]]:
    """Where the provider of each query stands, and which it is: the gate's, the query's own, the file's."""
    for name in analysis.queries:
        own = spec.queries[name].provider
        if analysis.provider:
            yield join(path, "metricProviderName"), analysis.provider
        elif own:
            yield path_of("analysis", "queries", list(spec.queries).index(name), "metricProviderName"), own
        elif spec.default_provider:
            yield path_of("analysis", "defaultMetricProviderName"), spec.default_provider


def _can_ask(provider: MetricProvider | None) -> bool:
    return provider is not None and provider.type in BUILT


def _words(report: Report, name: str, providers: Mapping[str, MetricProvider]) -> tuple[str, str, str]:
    """Code, message and hint."""
    provider = providers.get(name)
    if provider is not None:
        message = f"{quoted(name)} is a {provider.type} provider, which this release cannot ask"
        return "not_built", message, f"use one of type {', '.join(BUILT)}"
    known = f"configured metric providers: {', '.join(sorted(providers)[:_LISTED]) or 'none'}"
    close = report.suggestion(name, providers)
    hint = f"{close} {known}" if close.startswith("did you mean") else known
    return "unknown_provider", f"no metric provider is configured as {quoted(name)}", hint
