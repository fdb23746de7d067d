"""What the documentation says of the mutants: a table between two marks."""

from collections.abc import Sequence
from pathlib import Path

from tests.mutants.guards import REDUNDANT
from tests.mutants.judging import Verdict

PAGE = Path(__file__).parent.parent.parent / "docs" / "proof.md"
BEGIN, END = "<!-- mutants -->", "<!-- end of mutants -->"


def write(verdicts: Sequence[Verdict]) -> None:
    """In the place of the table that is there."""
    PAGE.write_text(written(PAGE.read_text(), verdicts))


def written(page: str, verdicts: Sequence[Verdict]) -> str:
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{_table(verdicts)}{END}{after}"


def _table(verdicts: Sequence[Verdict]) -> str:
    mutants = [verdict for verdict in verdicts if verdict.guard is not None]
    noticed = sorted((one for one in mutants if one.schedules), key=lambda one: one.schedules)
    lines = ["| safety check taken away | schedules until it is noticed | by |", "|---|---|---|"]
    lines += [f"| {_name(one)} | {one.schedules} | {_promise(one.promise)} |" for one in noticed]
    lines += [f"| {_name(one)} | not noticed | {_reason(one)} |" for one in mutants if not one.schedules]
    return "\n".join(lines) + "\n"


def _name(verdict: Verdict) -> str:
    return verdict.guard.name if verdict.guard else ""


def _promise(promise: str) -> str:
    """Its id, or its first words."""
    word = promise.split(" ", 1)[0]
    return word if word.startswith("INV-") else promise.partition(":")[0].replace("|", "/")[:60]


def _reason(verdict: Verdict) -> str:
    return REDUNDANT.get(verdict.guard, "") if verdict.guard else ""
