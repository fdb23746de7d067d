"""What the documentation says of the mutants: a table between two marks."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.mutants.guards import GUARDS, REDUNDANT
from tests.mutants.judging import Verdict

PAGE = Path(__file__).parent.parent.parent / "docs" / "proof.md"
_NAMES = {guard.name for guard in (*GUARDS, *REDUNDANT)}
BEGIN, END = "<!-- mutants -->", "<!-- end of mutants -->"


def write(verdicts: Sequence[Verdict]) -> None:
    """In the table that is there; what was not judged this time stays."""
    PAGE.write_text(written(PAGE.read_text(), verdicts))


def written(page: str, verdicts: Sequence[Verdict]) -> str:
    before, _, rest = page.partition(BEGIN)
    table, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    rows = {name: row for name, row in _rows(table) if name in _NAMES}
    rows |= {one.guard.name: _row(one) for one in verdicts if one.guard is not None}
    lines = sorted(rows.values(), key=_schedules)
    head = ("| safety check taken away | schedules until it is noticed | by |", "|---|---|---|")
    return f"{before}{BEGIN}\n" + "\n".join((*head, *lines)) + f"\n{END}{after}"


def _rows(table: str) -> Iterator[tuple[str, str]]:
    for line in table.splitlines():
        cells = line.split(" | ")
        if len(cells) > 1:
            yield cells[0].removeprefix("| "), line


def _schedules(row: str) -> int:
    """What is not noticed comes last."""
    cell = row.split(" | ")[1]
    return int(cell) if cell.isdecimal() else sys.maxsize


def _row(verdict: Verdict) -> str:
    name = verdict.guard.name if verdict.guard else ""
    if verdict.schedules:
        return f"| {name} | {verdict.schedules} | {_promise(verdict.promise)} |"
    return f"| {name} | not noticed | {_reason(verdict)} |"


def _promise(promise: str) -> str:
    """Its id, or its first words."""
    word = promise.split(" ", 1)[0]
    return word if word.startswith("INV-") else promise.partition(":")[0].replace("|", "/")[:60]


def _reason(verdict: Verdict) -> str:
    reason = REDUNDANT.get(verdict.guard, "") if verdict.guard else ""
    test = f"`tests/{verdict.promise}`" if verdict.size == "test" else ""
    return ": ".join(part for part in (test, reason) if part)
