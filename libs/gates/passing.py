"""How a list of gates is passed: what is begun, what each thing heard means, what is ended with it.

`Moved` is the outcomes after something happened, and what is to be said. Who waits for the list looks at the outcomes:
one that failed ends it at once, and `stop` ends what still runs; none open any more means that it is passed.
"""

from msgspec.structs import replace

from libs.gates.state import (
    Outcome,
    Passage,
    Verdict,
    index_of,
    is_open,
    limit,
    open_gates,
    outcome_of,
    place_of,
    question,
    timer_of,
)
from libs.messages.analysis import AnalysisFailed, AnalysisPassed, CancelAnalysis, StartAnalysis
from libs.messages.gate import GateAsked, GateFailed, GatePassed, GateStarted
from libs.messages.message import Arm, Disarm, Output
from libs.messages.reason import because
from libs.messages.run import Place, run_name
from libs.messages.webhook import CancelWebhook, StartWebhook, WebhookFailed, WebhookSucceeded
from libs.plan.model import Analysis, Pause, RunWebhook

Moved = tuple[tuple[Outcome, ...], tuple[Output, ...]]
FromRun = WebhookSucceeded | WebhookFailed | AnalysisPassed | AnalysisFailed

MOST_CHARACTERS = 300
"""Of what others say, as much as the record keeps; all of it is in their own facts."""


def begin(passage: Passage) -> tuple[Output, ...]:
    outputs: list[Output] = []
    for index, gate in open_gates(passage):
        outputs.append(GateStarted(target=passage.subject.target, place=place_of(passage, index), what=gate))
        outputs.extend(_opened(passage, index))
    return tuple(outputs)


def hear(passage: Passage, fact: FromRun) -> Moved | None:
    """What a run says came of it; None where no gate here waits for that."""
    index = index_of(passage, fact.place)
    if index is None or outcome_of(passage, index):
        return None
    match passage.gates[index], fact:
        case RunWebhook(), WebhookSucceeded(message=message):
            return _pass(passage, Outcome(index, Verdict.PASSED, message))
        case RunWebhook(name=name), WebhookFailed(reason=reason):
            return _fail(passage, Outcome(index, Verdict.FAILED, f"webhook {name} failed: {reason}"))
        case Analysis(), AnalysisPassed() | AnalysisFailed():
            return _judge(passage, index, fact)
        case _:
            return None


def wake(passage: Passage, timer: str) -> Moved | None:
    """A pause's time has passed, or nobody approved in time; None where the timer is of no gate here."""
    for index, gate in open_gates(passage):
        if limit(gate) is not None and timer == timer_of(passage, index):
            if question(passage, index) is None:
                return _pass(passage, Outcome(index, Verdict.PASSED))
            return _fail(passage, Outcome(index, Verdict.FAILED, "approval expired", cancelled=True))
    return None


def approve(passage: Passage, place: Place, by: str) -> Moved | None:
    """None where nothing at this place waits for a person."""
    index = index_of(passage, place)
    if index is None or question(passage, index) is None:
        return None
    return _pass(passage, Outcome(index, Verdict.PASSED, _judged(passage, index), by))


def reject(passage: Passage, place: Place, by: str, why: str) -> Moved | None:
    """None where nothing at this place waits for a person."""
    index = index_of(passage, place)
    if index is None or question(passage, index) is None:
        return None
    reason = because(f"rejected by {by}", why)
    return _fail(passage, Outcome(index, Verdict.FAILED, reason, by, cancelled=True))


def skip(passage: Passage, place: Place, by: str) -> Moved | None:
    """Go on without a gate; None where none at this place is waited for."""
    index = index_of(passage, place)
    if index is None or not is_open(passage, index):
        return None
    cancelled = _cancelled(passage, index)
    outcomes, told = _pass(passage, Outcome(index, Verdict.SKIPPED, _judged(passage, index), by))
    return outcomes, (*told, *cancelled)


def stop(passage: Passage) -> tuple[Output, ...]:
    """Nobody waits for the list any more: what still runs of it is ended."""
    return tuple(output for index, _ in open_gates(passage) for output in _stopped(passage, index))


def remind(passage: Passage) -> tuple[Output, ...]:
    """Starts of the runs still awaited, once more: one that is over says again how it went."""
    awaited = (index for index, gate in open_gates(passage) if not isinstance(gate, Pause))
    return tuple(output for index in awaited if not outcome_of(passage, index) for output in _opened(passage, index))


def _judge(passage: Passage, index: int, fact: AnalysisPassed | AnalysisFailed) -> Moved:
    gate, passed = passage.gates[index], isinstance(fact, AnalysisPassed)
    asks = isinstance(gate, Analysis) and (gate.asks_when_passed if passed else gate.asks_when_failed)
    if asks:
        asked = GateAsked(target=fact.target, place=fact.place, passed=passed, reason=fact.reason)
        return _with(passage, Outcome(index, Verdict.ASKING, _words(fact))), (asked,)
    if passed:
        return _pass(passage, Outcome(index, Verdict.PASSED, fact.reason))
    return _fail(passage, Outcome(index, Verdict.FAILED, _words(fact)))


def _words(fact: AnalysisPassed | AnalysisFailed) -> str:
    return f"analysis {'passed' if isinstance(fact, AnalysisPassed) else 'failed'}: {fact.reason}"


def _judged(passage: Passage, index: int) -> str:
    """What an analysis' verdict was, where a person decides over it."""
    outcome = outcome_of(passage, index)
    return outcome.message if outcome else ""


def _pass(passage: Passage, outcome: Outcome) -> Moved:
    told = GatePassed(
        target=passage.subject.target,
        place=place_of(passage, outcome.gate),
        by=outcome.by,
        message=outcome.message,
        skipped=outcome.verdict is Verdict.SKIPPED,
    )
    return _with(passage, outcome), (told, *_disarmed(passage, outcome.gate))


def _fail(passage: Passage, outcome: Outcome) -> Moved:
    place = place_of(passage, outcome.gate)
    told = GateFailed(target=passage.subject.target, place=place, reason=outcome.message, by=outcome.by)
    return _with(passage, outcome), (told, *_disarmed(passage, outcome.gate))


def _with(passage: Passage, outcome: Outcome) -> tuple[Outcome, ...]:
    kept = replace(outcome, message=outcome.message[:MOST_CHARACTERS])
    return (*(other for other in passage.outcomes if other.gate != outcome.gate), kept)


def _opened(passage: Passage, index: int) -> tuple[Output, ...]:
    """What waiting for a gate takes: its timer armed, or its run started."""
    gate, place, subject = passage.gates[index], place_of(passage, index), passage.subject
    match gate:
        case Pause():
            seconds = limit(gate)
            return () if seconds is None else (Arm(timer_of(passage, index), seconds),)
        case RunWebhook():
            webhook = StartWebhook(
                run=run_name(subject.target, place),
                place=place,
                name=gate.name,
                definitions=passage.definitions,
                subject=replace(subject, context=gate.context),
            )
            return (webhook,)
        case Analysis():
            analysis = StartAnalysis(
                run=run_name(subject.target, place),
                place=place,
                analysis=gate,
                definitions=passage.definitions,
                subject=replace(subject, context=gate.context),
            )
            return (analysis,)


def _stopped(passage: Passage, index: int) -> tuple[Output, ...]:
    return (*_cancelled(passage, index), *_disarmed(passage, index))


def _cancelled(passage: Passage, index: int) -> tuple[Output, ...]:
    run = run_name(passage.subject.target, place_of(passage, index))
    match passage.gates[index]:
        case RunWebhook():
            return (CancelWebhook(run=run),)
        case Analysis() if outcome_of(passage, index) is None:
            return (CancelAnalysis(run=run),)
        case _:
            return ()


def _disarmed(passage: Passage, index: int) -> tuple[Output, ...]:
    has_timer = limit(passage.gates[index]) is not None
    return (Disarm(timer_of(passage, index)),) if has_timer else ()
