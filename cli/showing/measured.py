"""What an analysis has measured so far, below its step in the tree. Pure."""

from rich.text import Text
from rich.tree import Tree

from libs.api.view import MeasuredView, SeriesView, StepView


def progress(step: StepView) -> str:
    """`2 of 3 runs`; empty unless it measures now: once it is judged, the judgment says the rest."""
    measured = _under_way(step)
    return f"{measured.done} of {measured.runs} runs" if measured else ""


def add_measured(branch: Tree, step: StepView) -> None:
    """A line for each query that has a value, and why the present run has none."""
    if (measured := _under_way(step)) is None:
        return
    for series in measured.series:
        if series.mean is not None:
            branch.add(_line(series, series.mean, measured.done))
    if measured.hindrance:
        branch.add(Text(measured.hindrance, "red"))


def _under_way(step: StepView) -> MeasuredView | None:
    return step.measured if step.state == "current" and not step.asks else None


def _line(series: SeriesView, mean: float, count: int) -> Text:
    # Only here: most deployments have no analysis, and every command waits for what it imports.
    from libs.analysis.words import sentence
    from libs.messages.analysis import Limits

    limits = Limits(query=series.query, upper=series.upper, lower=series.lower)
    return Text(sentence(limits, mean, series.values, count), "green" if series.within else "yellow")
