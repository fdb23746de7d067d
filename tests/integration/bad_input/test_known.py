"""The catalogue is whole: each id is shown or left out with a reason, no door is forgotten, and nothing shrinks."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.integration.bad_input import doors
from tests.integration.bad_input.catalogue import ROWS
from tests.integration.bad_input.doors import DOORS
from tests.integration.bad_input.elsewhere import ELSEWHERE, LEFT_OUT
from tests.integration.bad_input.known import KNOWN
from tests.integration.bad_input.row import Kind
from tests.integration.bad_input.test_catalogue import CASES

ROOT = Path(__file__).parents[3]
WRITTEN = Counter(row.id for row in ROWS)
POINTERS = sorted({pointer for pointers in ELSEWHERE.values() for pointer in pointers})


@pytest.mark.parametrize("id_", KNOWN)
def test_id_is_shown_or_left_out(id_: str) -> None:
    assert WRITTEN[id_] or id_ in ELSEWHERE or id_ in {one.id for one in LEFT_OUT}


def test_rows_are_never_fewer() -> None:
    assert {id_: WRITTEN[id_] for id_ in KNOWN} == KNOWN, "more rows: write their number into known.py"


def test_no_id_is_unknown() -> None:
    assert {*WRITTEN, *ELSEWHERE, *(one.id for one in LEFT_OUT)} <= set(KNOWN)


@pytest.mark.parametrize("pointer", POINTERS)
def test_pointer_leads_to_a_test(pointer: str) -> None:
    file, _, name = pointer.partition("::")
    assert name in found_in(file)


@cache
def found_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text())
    found = (one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def test_every_row_meets_every_door_of_its_kind() -> None:
    assert set(DOORS) == set(Kind)
    assert all(DOORS.values())
    assert Counter(row.kind for row, _ in CASES) == Counter(row.kind for row in ROWS for _ in DOORS[row.kind])


def test_every_door_is_opened() -> None:
    tree = ast.parse(Path(doors.__file__).read_text())
    written = {
        one.name
        for one in tree.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_")
    }
    assert written == {door.__name__ for opened in DOORS.values() for door in opened}


def test_rows_have_names_of_their_own() -> None:
    assert [name for name, count in Counter((row.id, row.name, row.kind) for row in ROWS).items() if count > 1] == []


def test_reasons_are_told() -> None:
    assert all(one.what and one.why for one in LEFT_OUT)
