"""The table in the docs, from what was measured."""

import pytest

from tests.bench.document import BEGIN, END, PAGE, rewritten
from tests.bench.row import Row, row

EMPTY = f"Before.\n\n{BEGIN}\nthe one before\n{END}\n\nAfter.\n"


def measured(metric: str, value: float) -> Row:
    return {**row("step", metric, value, "ms", n=3, goal="value <= 50"), "machine": "Linux", "load": 0.5}


def test_only_the_table_changes() -> None:
    page = rewritten(EMPTY, [measured("p50", 40)])
    assert page.startswith(f"Before.\n\n{BEGIN}\n")
    assert page.endswith(f"{END}\n\nAfter.\n")
    assert "the one before" not in page


def test_same_figures_give_the_same_page() -> None:
    once = rewritten(EMPTY, [measured("p50", 40)])
    assert rewritten(once, [measured("p50", 40)]) == once


def test_goals_that_hold_are_counted() -> None:
    assert "All 2 goals held." in rewritten(EMPTY, [measured("p50", 40), measured("p99", 50)])


def test_broken_goals_are_named() -> None:
    page = rewritten(EMPTY, [measured("p50", 40), measured("p99", 51)])
    assert "1 of 2 goals did not hold:\n\n- `step`: p99\n" in page


def test_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        rewritten("Before.", [])


def test_page_of_the_docs_has_a_place() -> None:
    page = PAGE.read_text()
    assert page.count(BEGIN) == page.count(END) == 1
