"""Whether the values of queries are within their limits, and the sentence that says so. Pure statistics."""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import Struct

from libs.messages.analysis import Limits

SHOWN_VALUES = 6
"""The newest ones; all of them are among the facts."""
SHOWN_QUERIES = 10
_DIGITS = 6


class Judgment(Struct, frozen=True):
    is_passed: bool
    reason: str


def judge(series: Sequence[tuple[Limits, Sequence[float]]]) -> Judgment:
    """Each query by the mean of its values. All must be within; those that are not are told first."""
    judged = [(is_within(limits, mean(values)), _sentence(limits, values)) for limits, values in series]
    judged.sort(key=lambda one: one[0])
    return Judgment(all(within for within, _ in judged), _listed([sentence for _, sentence in judged]))


def breaches(values: Sequence[tuple[Limits, float]]) -> str:
    """Which of these single values are outside, in words; empty where none is."""
    return _listed([_compared(limits, value) for limits, value in values if not is_within(limits, value)])


def is_within(limits: Limits, value: float) -> bool:
    """Equal to a limit is within."""
    above = limits.upper is not None and value > limits.upper
    below = limits.lower is not None and value < limits.lower
    return not above and not below


def mean(values: Sequence[float]) -> float:
    """Rounded once, at the end: the mean of equal values is that very value, and no sum is too large."""
    return float(sum(map(Fraction, values), Fraction()) / len(values))


def _sentence(limits: Limits, values: Sequence[float]) -> str:
    said = _compared(limits, mean(values))
    if len(values) == 1:
        return said
    shown = ", ".join(_text(value) for value in values[-SHOWN_VALUES:])
    cut = "…, " if len(values) > SHOWN_VALUES else ""
    return f"{said} (mean of {len(values)}: {cut}{shown})"


def _compared(limits: Limits, value: float) -> str:
    name = limits.query[:60]
    if limits.upper is not None and value > limits.upper:
        return f"{name} {_beside(value, limits.upper)} > {_text(limits.upper)}"
    if limits.lower is not None and value < limits.lower:
        return f"{name} {_beside(value, limits.lower)} < {_text(limits.lower)}"
    upper = [f"<= {_text(limits.upper)}"] if limits.upper is not None else []
    lower = [f">= {_text(limits.lower)}"] if limits.lower is not None else []
    return " ".join([name, _text(value), " and ".join([*lower, *upper])]).rstrip()


def _beside(value: float, limit: float) -> str:
    """In full where rounding would hide on which side of the limit it is."""
    short = _text(value)
    return repr(value) if short == _text(limit) else short


def _text(value: float) -> str:
    return f"{value:.{_DIGITS}g}"


def _listed(sentences: Sequence[str]) -> str:
    more = len(sentences) - SHOWN_QUERIES
    return "; ".join([*sentences[:SHOWN_QUERIES], *([f"and {more} more"] if more > 0 else [])])
