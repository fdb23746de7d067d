"""What analyses have measured so far, in the view of their deployment. Pure."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from libs.analysis.state import Phase, Run, Series
from libs.analysis.verdict import is_within, mean
from libs.api.view import DeploymentView, MeasuredView, SeriesView, StepView, TargetView
from libs.messages.run import Place, run_name

MOST_VALUES = 10
MOST_QUERIES = 20

_NOT_BEGUN = frozenset({"pending", "skipped"})
Change = Callable[[StepView, str], StepView]


def analysing(view: DeploymentView) -> tuple[str, ...]:
    """The names of the runs that have begun."""
    names: list[str] = []

    def note(step: StepView, run: str) -> StepView:
        names.append(run)
        return step

    _changed(view, note)
    return tuple(names)


def with_measured(view: DeploymentView, runs: Mapping[str, Run]) -> DeploymentView:
    """`runs` by their names, as `analysing` has them."""

    def filled(step: StepView, run: str) -> StepView:
        return replace(step, measured=_measured(runs[run])) if run in runs else step

    return _changed(view, filled) if runs else view


def _changed(view: DeploymentView, change: Change) -> DeploymentView:
    return replace(view, targets=tuple(_target(target, change) for target in view.targets))


def _target(target: TargetView, change: Change) -> TargetView:
    def listed(stage: str, steps: tuple[StepView, ...]) -> tuple[StepView, ...]:
        return tuple(_step(step, target.name, Place(stage, index), change) for index, step in enumerate(steps))

    return replace(
        target,
        before=listed("before", target.before),
        steps=listed("strategy", target.steps),
        after=listed("after", target.after),
    )


def _step(step: StepView, target: str, place: Place, change: Change) -> StepView:
    if step.gates:
        gates = (_step(gate, target, replace(place, gate=index), change) for index, gate in enumerate(step.gates))
        return replace(step, gates=tuple(gates))
    if step.kind != "analysis" or step.state in _NOT_BEGUN:
        return step
    return change(step, run_name(target, place))


def _measured(run: Run) -> MeasuredView:
    series = tuple(_series(one) for one in run.series[:MOST_QUERIES])
    done = max((len(one.values) for one in run.series), default=0)
    hindrance = run.hindrance if run.phase in (Phase.WAITING, Phase.ASKING) else ""
    return MeasuredView(done=done, runs=run.analysis.runs, series=series, hindrance=hindrance)


def _series(one: Series) -> SeriesView:
    average = mean(one.values) if one.values else None
    return SeriesView(
        query=one.limits.query,
        values=one.values[-MOST_VALUES:],
        mean=average,
        within=None if average is None else is_within(one.limits, average),
        upper=one.limits.upper,
        lower=one.limits.lower,
    )
