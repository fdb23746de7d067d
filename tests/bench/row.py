"""One figure of a benchmark, and how figures are printed."""

from typing import Literal, TypedDict


class Row(TypedDict):
    """`ratio` is value / floor; a goal is a bound on the ratio or, without a floor, on the value."""

    bench: str
    metric: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    goal: str
    holds: bool | None
    n: int
    machine: str
    load: float
    """The load average of the minute before its benchmark began."""


def row(bench: str, metric: str, value: float, unit: str, *, n: int, floor: float | None = None, goal: str = "") -> Row:
    """A figure; `goal` reads `ratio <= 2` or `value <= 25`, and is judged here so that every table judges alike."""
    ratio = value / floor if floor else None
    return Row(
        bench=bench, metric=metric, value=value, unit=unit, floor=floor, ratio=ratio, goal=goal,
        holds=_holds(goal, value, ratio) if goal else None, n=n, machine="", load=0.0,
    )  # fmt: skip


def _holds(goal: str, value: float, ratio: float | None) -> bool | None:
    what, relation, bound = goal.split()
    measured = ratio if what == "ratio" else value
    if measured is None:
        return None
    return measured <= float(bound) if relation == "<=" else measured >= float(bound)


def table(rows: list[Row]) -> str:
    heads = ("bench", "metric", "value", "unit", "floor", "ratio", "goal", "holds", "n", "load")
    lines = [heads, *(tuple(_cell(row[head]) for head in heads) for row in rows)]  # type: ignore[literal-required]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _cell(value: str | float | Literal[True, False] | None) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "NO"
        case float():
            return f"{value:.4g}" if value < 1000 else f"{value:.0f}"
        case _:
            return str(value)
