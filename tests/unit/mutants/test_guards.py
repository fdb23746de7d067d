"""Each safety check still stands where the table says, once."""

from pathlib import Path

import pytest

from tests.mutants.guards import GUARDS, REDUNDANT, Guard
from tests.mutants.judging import Verdict
from tests.mutants.table import BEGIN, END, written

ROOT = Path(__file__).parent.parent.parent.parent


EVERY = (*GUARDS, *REDUNDANT)


@pytest.mark.parametrize("guard", EVERY, ids=lambda guard: guard.name)
def test_guard_is_where_the_table_says(guard: Guard) -> None:
    assert (ROOT / guard.path).read_text().count(guard.code) == 1


def test_every_guard_has_a_name_of_its_own() -> None:
    assert len({guard.name for guard in EVERY}) == len(EVERY)


VERDICTS = (
    Verdict(None, 0, "", "", 1.0),
    Verdict(GUARDS[0], 17, "scripted", "INV-04 a gap", 1.0),
    Verdict(next(iter(REDUNDANT)), 0, "", "", 1.0),
)


def test_table_stands_between_its_marks() -> None:
    kept = f"| {GUARDS[1].name} | 18 | INV-01 |"
    page = written(f"before\n{BEGIN}\nold\n| gone | 3 | INV-02 |\n{kept}\n{END}\nafter\n", VERDICTS)
    assert page.startswith(f"before\n{BEGIN}\n| safety check")
    assert page.endswith(f"{END}\nafter\n")
    assert f"| {GUARDS[0].name} | 17 | INV-04 |" in page
    assert REDUNDANT[next(iter(REDUNDANT))] in page
    assert "old" not in page
    assert "gone" not in page
    assert page.index(GUARDS[0].name) < page.index(kept) < page.index("not noticed")


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no"):
        written("nothing", VERDICTS)
