"""The nouns of gates under way: what became of each, and a list of them with everything that passing it takes."""

from enum import StrEnum

from msgspec import Struct

from libs.messages.run import Place, Subject
from libs.messages.subject import token_hash
from libs.plan.model import Analysis, Approval, Gate, Pause


class Verdict(StrEnum):
    PASSED = "passed"
    SKIPPED = "skipped"
    """Gone on without it."""
    ASKING = "asking"
    """An analysis is judged, and a person says what that means."""
    FAILED = "failed"


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What became of one gate; one without an outcome is waited for."""

    gate: int
    """Index in its list."""
    verdict: Verdict
    message: str = ""
    by: str = ""
    """The person who decided."""
    cancelled: bool = False
    """It failed because of a person, or because nobody decided in time."""


class Passage(Struct, frozen=True):
    """A list of gates on its way: all begin together, one that fails ends it."""

    stage: str
    """`before`, `strategy` or `after`."""
    step: int | None
    """The strategy's step that holds the list; None where each gate of the list is a step of its own."""
    gates: tuple[Gate, ...]
    outcomes: tuple[Outcome, ...]
    subject: Subject
    definitions: str


def outcome_at(outcomes: tuple[Outcome, ...], index: int) -> Outcome | None:
    return next((outcome for outcome in outcomes if outcome.gate == index), None)


def outcome_of(passage: Passage, index: int) -> Outcome | None:
    return outcome_at(passage.outcomes, index)


def is_open(passage: Passage, index: int) -> bool:
    """Whether it is still waited for, be it only for a person to say what its verdict means."""
    outcome = outcome_of(passage, index)
    return 0 <= index < len(passage.gates) and (outcome is None or outcome.verdict is Verdict.ASKING)


def open_gates(passage: Passage) -> tuple[tuple[int, Gate], ...]:
    return tuple((index, gate) for index, gate in enumerate(passage.gates) if is_open(passage, index))


def failure(passage: Passage) -> Outcome | None:
    return next((outcome for outcome in passage.outcomes if outcome.verdict is Verdict.FAILED), None)


def question(passage: Passage, index: int) -> Approval | None:
    """Whom a gate waits for; None where it waits for no person."""
    if not is_open(passage, index):
        return None
    match passage.gates[index]:
        case Pause(approval=approval):
            return approval
        case Analysis() if outcome_of(passage, index):
            return Approval()
        case _:
            return None


def place_of(passage: Passage, index: int) -> Place:
    return Place(passage.stage, index) if passage.step is None else Place(passage.stage, passage.step, index)


def index_of(passage: Passage, place: Place) -> int | None:
    """Which gate of the list is at this place; None where none is."""
    index = place.step if passage.step is None else place.gate
    return index if 0 <= index < len(passage.gates) and place_of(passage, index) == place else None


def timer_of(passage: Passage, index: int) -> str:
    """The timer of a gate that has a limit, unique in its deployment."""
    return timer_name(passage.subject.target, place_of(passage, index))


def timer_name(target: str, place: Place) -> str:
    return f"{place.stage}-{place.step}-{place.gate}-{token_hash(target)}"


def limit(gate: Gate) -> int | None:
    """After how many seconds a gate ends by itself, well or not; a run has its limits in its own machine."""
    match gate:
        case Pause(seconds=seconds, approval=None):
            return seconds
        case Pause(approval=Approval(expires_seconds=seconds)):
            return seconds
        case _:
            return None
