"""Whether the values of queries are within their limits. Pure statistics."""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

from libs.analysis.words import compared, listed, sentence
from libs.messages.analysis import Limits


class Judgment(Struct, frozen=True):
    is_passed: bool
    reason: str


def judge(series: Sequence[tuple[Limits, Sequence[float]]]) -> Judgment:
    """Each query by the mean of its values. All must be within; those that are not are told first."""
    judged = [_judged(limits, values) for limits, values in series]
    judged.sort(key=lambda one: one.is_passed)
    return Judgment(all(one.is_passed for one in judged), listed([one.reason for one in judged]))


def breaches(values: Sequence[tuple[Limits, float]]) -> str:
    """Which of these single values are outside, in words; empty where none is."""
    return listed([compared(limits, value) for limits, value in values if not is_within(limits, value)])


def is_within(limits: Limits, value: float) -> bool:
    """Equal to a limit is within."""
    above = limits.upper is not None and value > limits.upper
    below = limits.lower is not None and value < limits.lower
    return not above and not below


def mean(values: Sequence[float]) -> float:
    """Rounded once, at the end: the mean of equal values is that very value, and no sum is too large."""
    return float(sum(map(Fraction, values), Fraction()) / len(values))


def _judged(limits: Limits, values: Sequence[float]) -> Judgment:
    average = mean(values)
    return Judgment(is_within(limits, average), sentence(limits, average, values, len(values)))
