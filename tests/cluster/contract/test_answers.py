"""Every case of the table, asked of both: only what `deliberate.py` names may differ, and that must."""

import pytest

from tests.cluster.contract.cases import CASES
from tests.cluster.contract.conftest import Pair
from tests.cluster.contract.deliberate import DELIBERATE

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("name", CASES)
def test_both_answer_the_same(pair: Pair, name: str) -> None:
    found = pair.differences(CASES[name])
    named = DELIBERATE.get(name, {})
    unnamed = {place: told for place, told in found.items() if not any(_is_at(place, known) for known in named)}
    assert unnamed == {}, "\n".join(f"{place}: {own} | {new}" for place, (own, new) in unnamed.items())
    gone = [known for known in named if not any(_is_at(place, known) for place in found)]
    assert gone == [], "no longer different: take it out of the table"


def test_table_names_only_cases() -> None:
    assert DELIBERATE.keys() <= CASES.keys()


def _is_at(place: str, known: str) -> bool:
    return place == known or place.startswith((f"{known}.", f"{known}["))
