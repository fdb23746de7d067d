"""Whether every strategy, webhook and query that is used is defined."""

from libs.spec.problems import Places, Report, quoted
from libs.spec.shape.names import PLURALS, Names

_SECTIONS = {"strategy": "strategies", "webhook": "webhooks", "query": "analysis.queries"}


def check_names(names: Names, places: Places, report: Report) -> None:
    for kind, plural in PLURALS.items():
        known = names.defined[kind]
        for name, paths in names.used[kind].items():
            if name in known:
                continue
            hint = report.suggestion(name, known) or f"define it under {_SECTIONS[kind]}"
            for path in paths:
                report.error(places[path], "unknown_name", f"{quoted(name)} is not among the {plural}", hint)
