"""How an analysis decides.

    absent ──Opened──▶ waiting ──window over──▶ asking ──Answered──▶ waiting for the next round
                          ▲                        │
                          └── some query without a value, at most twice for one window
                                                   │
                                                   ├── last round: the means are judged ──▶ passed | failed
                                                   ├── aborts early, a value outside ──▶ failed
                                                   └── still without a value ──▶ failed

    CancelAnalysis ends any of them, and keeps one that was never started from starting.

Every window follows from the instant of the order (`state.window`), so whoever asks asks for the same ones; a process
that comes late asks for those that have passed one after the other.
"""

from datetime import timedelta

from msgspec.structs import replace

from libs.analysis.state import Phase, Run, Series, is_terminal, unheard, window
from libs.analysis.verdict import breaches, judge
from libs.messages.analysis import (
    AnalysisCancelled,
    AnalysisFailed,
    AnalysisHindered,
    AnalysisMeasured,
    AnalysisPassed,
    Answered,
    CancelAnalysis,
    Opened,
)
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Disarm, Message, TimerFired

ASK = "ask"
RETRY_SECONDS = (5.0, 15.0)
"""Before a query without a value is asked again: what a provider's restart takes."""
CHECK = "check"
"""Wakes an analysis whose asking was lost."""
CHECK_SECONDS = 60.0
MOST_VALUES = 4000
"""Queries times runs: all values are in the record."""


def advance(run: Run, message: Message) -> Transition[Run]:
    """Apply one message. A message that no longer applies changes nothing."""
    match run.phase, message:
        case Phase.ABSENT, Opened():
            return _open(message)
        case _, Opened() if is_terminal(run):
            return run, (_outcome(run, message),)
        case _, CancelAnalysis() if not is_terminal(run):
            return _cancel(run, message)
        case Phase.WAITING, TimerFired(name="ask"):
            return replace(run, phase=Phase.ASKING), (Arm(CHECK, CHECK_SECONDS),)
        case Phase.ASKING, TimerFired(name="check"):
            return run, (Arm(CHECK, CHECK_SECONDS),)
        case Phase.ASKING, Answered(number=run.number, attempt=run.attempt):
            return _hear(run, message)
        case _:
            return run, ()


def _open(opened: Opened) -> Transition[Run]:
    order = opened.order
    run = Run(
        phase=Phase.WAITING,
        run=opened.run,
        place=order.place,
        subject=order.subject,
        analysis=order.analysis,
        definitions=order.definitions,
        began=opened.at,
        series=tuple(Series(limits) for limits in opened.limits),
    )
    if len(run.series) * order.analysis.runs > MOST_VALUES:
        return _fail(run, f"{len(run.series)} queries in {order.analysis.runs} runs are more than {MOST_VALUES} values")
    return run, (Arm(ASK, order.analysis.interval_seconds),)


def _hear(run: Run, answered: Answered) -> Transition[Run]:
    wanted = unheard(run)
    new = tuple(one for one in answered.measurements if one.query in wanted and one.value is not None)
    heard = replace(run, heard=(*run.heard, *new))
    if not unheard(heard):
        return _done(heard, answered)
    reason = _missing(heard, answered)
    if run.attempt <= len(RETRY_SECONDS):
        again = replace(heard, phase=Phase.WAITING, attempt=run.attempt + 1, hindrance=reason)
        told = AnalysisHindered(target=run.subject.target, place=run.place, reason=reason)
        return again, (told, Disarm(CHECK), Arm(ASK, RETRY_SECONDS[run.attempt - 1]))
    failed, outputs = _fail(heard, reason)
    return failed, (_measured(heard, answered), *outputs)


def _done(heard: Run, answered: Answered) -> Transition[Run]:
    """All queries of the round have a value."""
    values = {one.query: one.value for one in heard.heard if one.value is not None}
    series = tuple(Series(one.limits, (*one.values, values[one.limits.query])) for one in heard.series)
    told = _measured(heard, answered)
    counted = replace(heard, series=series)
    if reason := _breach(counted):
        ended, outputs = _fail(counted, reason)
    elif heard.number >= heard.analysis.runs:
        ended, outputs = _judge(counted)
    else:
        ended, outputs = _next(counted, answered)
    return ended, (told, *outputs)


def _breach(run: Run) -> str:
    if not run.analysis.aborts_early:
        return ""
    outside = breaches([(one.limits, one.values[-1]) for one in run.series])
    return f"run {run.number} of {run.analysis.runs}: {outside}" if outside else ""


def _judge(run: Run) -> Transition[Run]:
    judgment = judge([(one.limits, one.values) for one in run.series])
    if not judgment.is_passed:
        return _fail(run, judgment.reason)
    passed = replace(run, phase=Phase.PASSED, hindrance="", reason=judgment.reason)
    told = AnalysisPassed(target=run.subject.target, place=run.place, reason=judgment.reason)
    return passed, (told, Disarm(CHECK))


def _next(run: Run, answered: Answered) -> Transition[Run]:
    """The next round's window ends on time, however long the asking for this one took."""
    following = replace(run, phase=Phase.WAITING, number=run.number + 1, attempt=1, heard=(), hindrance="")
    left = (window(following).end - answered.at) / timedelta(seconds=1)
    return following, (Disarm(CHECK), Arm(ASK, max(0.0, left)))


def _fail(run: Run, reason: str) -> Transition[Run]:
    failed = replace(run, phase=Phase.FAILED, reason=reason)
    return failed, (
        AnalysisFailed(target=run.subject.target, place=run.place, reason=reason),
        Disarm(ASK),
        Disarm(CHECK),
    )


def _cancel(run: Run, order: CancelAnalysis) -> Transition[Run]:
    cancelled = replace(run, phase=Phase.CANCELLED, run=order.run)
    if run.phase is Phase.ABSENT:
        return cancelled, ()
    told = AnalysisCancelled(target=run.subject.target, place=run.place)
    return cancelled, (told, Disarm(ASK), Disarm(CHECK))


def _measured(run: Run, answered: Answered) -> AnalysisMeasured:
    """In the order of the file: what was heard at any attempt, and the problems of the last."""
    problems = {one.query: one for one in answered.measurements}
    found = problems | {one.query: one for one in run.heard}
    measurements = tuple(found[query] for query in run.analysis.queries if query in found)
    return AnalysisMeasured(target=run.subject.target, place=run.place, number=run.number, measurements=measurements)


def _missing(run: Run, answered: Answered) -> str:
    problems = {one.query: one.problem for one in answered.measurements}
    said = [f"{query[:60]}: {problems.get(query) or 'was not asked'}" for query in unheard(run)[:3]]
    more = len(unheard(run)) - len(said)
    return "; ".join([*said, *([f"and {more} more queries"] if more else [])])


def _outcome(run: Run, opened: Opened) -> Message:
    """For who asks again, because the answer may have been lost."""
    target, place = opened.order.subject.target, opened.order.place
    match run.phase:
        case Phase.PASSED:
            return AnalysisPassed(target=target, place=place, reason=run.reason)
        case Phase.FAILED:
            return AnalysisFailed(target=target, place=place, reason=run.reason)
        case _:
            return AnalysisFailed(target=target, place=place, reason="it was cancelled")


MACHINE = Machine(noun="analysis", state=Run, initial=Run(), advance=advance, is_terminal=is_terminal)
