"""`docs/features.md`: what users of CD-as-a-Service look for, what of it works here, and which tests show it.

`tests/features.tsv` names the features and what is still missing of each; tests say which they show with
`@pytest.mark.feature("F12")`, and so do the pages of `docs/transcripts`. A feature works where a test shows it and
nothing is missing.
"""

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

Row = TypeVar("Row")

_HEAD = """# Features

Made by `make docs` from `tests/features.tsv` and the tests' own marks; do not edit. *Works*: a test shows it and
nothing is missing. *Partly*: a test shows it, and the last column says what is missing. *Not*: no test shows it.

"""


class Feature(Struct, frozen=True):
    id: str
    area: str
    feature: str
    missing: str


def features_page(tests: Path) -> str:
    shown = _told(tests.parent / "docs" / "transcripts")
    for feature, names in _marks(tests).items():
        shown.setdefault(feature, []).extend(names)
    features = read_rows(tests / "features.tsv", Feature)
    known = {feature.id for feature in features}
    if unknown := sorted(set(shown) - known):
        raise SystemExit(f"tests show features that tests/features.tsv does not name: {', '.join(unknown)}")
    states = Counter(_state(feature, shown) for feature in features)
    counts = ", ".join(f"{states[state]} {state}" for state in ("works", "partly", "not"))
    rows = [_row(feature, shown) for feature in features]
    head = ("", "area", "feature", "state", "tests", "missing")
    return f"{_HEAD}{len(features)} features: {counts}.\n\n{table(head, rows)}"


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """A table with a line of names, a tab between cells."""
    with path.open() as lines:
        return [kind(**row) for row in csv.DictReader(lines, delimiter="\t")]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join((lines[0], "|---" * len(head) + "|", *lines[1:])) + "\n"


def _state(feature: Feature, shown: dict[str, list[str]]) -> str:
    if feature.id not in shown:
        return "not"
    return "partly" if feature.missing else "works"


def _row(feature: Feature, shown: dict[str, list[str]]) -> tuple[str, ...]:
    tests = shown.get(feature.id, [])
    named = ", ".join(f"`{name}`" for name in tests[:3]) + (f" and {len(tests) - 3} more" if len(tests) > 3 else "")
    return (feature.id, feature.area, feature.feature, _state(feature, shown), named, feature.missing)


def _told(pages: Path) -> dict[str, list[str]]:
    """Pages by the features that they show."""
    found: dict[str, list[str]] = {}
    for path in sorted(pages.glob("*.md")):
        for features in re.findall(r"<!-- shows ([F0-9 ]+) -->", path.read_text()):
            for feature in features.split():
                found.setdefault(feature, []).append(f"docs/transcripts/{path.name}")
    return found


def _marks(tests: Path) -> dict[str, list[str]]:
    """Tests by the features they show, e2e tests first: they show most."""
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py"), key=lambda path: ("e2e" not in path.parts, str(path))):
        for name, feature in _marked(ast.parse(path.read_text())):
            found.setdefault(feature, []).append(
                f"{path.relative_to(tests)}::{name}" if name else str(path.relative_to(tests))
            )
    return found


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from ((node.name, feature) for mark in node.decorator_list for feature in _features(mark))
        elif isinstance(node, ast.Assign) and any(ast.unparse(target) == "pytestmark" for target in node.targets):
            yield from (("", feature) for feature in _features(node.value))


def _features(node: ast.expr) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.feature":
            yield from (str(value.value) for value in call.args if isinstance(value, ast.Constant))
