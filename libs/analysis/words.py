"""The words for what an analysis measured: the same while it runs and when it is judged. Pure."""

from collections.abc import Sequence

from libs.messages.analysis import Limits

SHOWN_VALUES = 6
"""The newest ones; all of them are among the facts."""
SHOWN_QUERIES = 10
_DIGITS = 6


def sentence(limits: Limits, mean: float, values: Sequence[float], count: int) -> str:
    """The mean of a query's `count` values beside its limits; `values`: the newest of them, or all."""
    said = compared(limits, mean)
    if count == 1:
        return said
    newest = values[-SHOWN_VALUES:]
    cut = "…, " if count > len(newest) else ""
    return f"{said} (mean of {count}: {cut}{', '.join(map(number, newest))})"


def compared(limits: Limits, value: float) -> str:
    name = limits.query[:60]
    if limits.upper is not None and value > limits.upper:
        return f"{name} {_beside(value, limits.upper)} > {number(limits.upper)}"
    if limits.lower is not None and value < limits.lower:
        return f"{name} {_beside(value, limits.lower)} < {number(limits.lower)}"
    upper = [f"<= {number(limits.upper)}"] if limits.upper is not None else []
    lower = [f">= {number(limits.lower)}"] if limits.lower is not None else []
    return " ".join([name, number(value), " and ".join([*lower, *upper])]).rstrip()


def listed(sentences: Sequence[str]) -> str:
    more = len(sentences) - SHOWN_QUERIES
    return "; ".join([*sentences[:SHOWN_QUERIES], *([f"and {more} more"] if more > 0 else [])])


def _beside(value: float, limit: float) -> str:
    """In full where rounding would hide on which side of the limit it is."""
    short = number(value)
    return repr(value) if short == number(limit) else short


def number(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
