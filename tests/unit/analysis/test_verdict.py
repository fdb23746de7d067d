import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.analysis.verdict import breaches, is_within, judge, mean
from libs.analysis.words import SHOWN_QUERIES
from libs.messages.analysis import Limits

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.feature("F126")
@pytest.mark.parametrize(
    ("value", "within"), [(9.9, False), (10, True), (15, True), (20, True), (20.1, False)], ids=str
)
def test_equal_to_a_limit_is_within(value: float, within: bool) -> None:
    assert is_within(Limits("q", upper=20, lower=10), value) is within


@pytest.mark.feature("F126")
def test_missing_limit_is_no_limit() -> None:
    assert is_within(Limits("q", lower=0), 1e300)
    assert is_within(Limits("q", upper=0), -1e300)


@given(FINITE, st.integers(1, 60))
def test_mean_of_equal_values_is_that_value(value: float, count: int) -> None:
    assert mean([value] * count) == value


@given(st.lists(FINITE, min_size=1, max_size=20))
def test_mean_is_among_the_values(values: list[float]) -> None:
    assert min(values) <= mean(values) <= max(values)


@pytest.mark.feature("F129")
def test_what_fails_is_told_first() -> None:
    judgment = judge([(Limits("fine", upper=1), [0.5]), (Limits("slow", lower=5), [4])])
    assert (judgment.is_passed, judgment.reason) == (False, "slow 4 < 5; fine 0.5 <= 1")


def test_rounding_never_hides_the_side() -> None:
    assert judge([(Limits("q", upper=0.02), [0.020000001])]).reason == "q 0.020000001 > 0.02"


def test_many_values_show_the_newest() -> None:
    assert judge([(Limits("q", upper=9), [1, 2, 3, 4, 5, 6, 7])]).reason == "q 4 <= 9 (mean of 7: …, 2, 3, 4, 5, 6, 7)"


def test_many_queries_are_counted() -> None:
    series = [(Limits(f"q{number}", upper=1), [2.0]) for number in range(SHOWN_QUERIES + 3)]
    assert judge(series).reason.endswith("q9 2 > 1; and 3 more")


@pytest.mark.feature("F132")
def test_breaches_name_only_what_is_outside() -> None:
    assert breaches([(Limits("a", upper=1), 1), (Limits("b", upper=1), 2)]) == "b 2 > 1"
    assert breaches([(Limits("a", upper=1), 1)]) == ""
