"""Every case of the table, asked of both: only what `deliberate.py` names may differ, and that must."""

from collections.abc import Container

import pytest

from tests.cluster.contract.cases import CASES
from tests.cluster.contract.compare import Differences
from tests.cluster.contract.conftest import Pair
from tests.cluster.contract.deliberate import DELIBERATE

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("name", CASES)
def test_both_answer_the_same(pair: Pair, name: str) -> None:
    named = DELIBERATE.get(name, {})
    found = pair.differences(CASES[name])
    if _unnamed(found, named):
        # A real controller may have counted before it heard of everything. What is different is different again.
        found = pair.differences(CASES[name])
    unnamed = _unnamed(found, named)
    assert unnamed == {}, "\n".join(f"{place}: {own} | {new}" for place, (own, new) in unnamed.items())
    gone = [known for known in named if not any(_is_at(place, known) for place in found)]
    assert gone == [], "no longer different: take it out of the table"


def test_table_names_only_cases() -> None:
    assert DELIBERATE.keys() <= CASES.keys()


def _unnamed(found: Differences, named: Container[str]) -> Differences:
    return {place: told for place, told in found.items() if not any(_is_at(place, known) for known in named)}


def _is_at(place: str, known: str) -> bool:
    return place == known or place.startswith((f"{known}.", f"{known}["))
