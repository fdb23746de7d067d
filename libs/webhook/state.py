"""The nouns of a webhook run: its phases, and everything that is committed about it. No rendered text, no secret."""

from enum import StrEnum

from msgspec import Struct

from libs.messages.run import NOTHING, NOWHERE, Place, Subject


class Phase(StrEnum):
    """Where a run is; `machine.py` draws how it moves."""

    ABSENT = "absent"
    CALLING = "calling"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})


class Run(Struct, frozen=True, omit_defaults=True):
    """All that is known of one use of a webhook."""

    phase: Phase = Phase.ABSENT
    run: str = ""
    place: Place = NOWHERE
    name: str = ""
    """The webhook's, among the definitions."""
    definitions: str = ""
    subject: Subject = NOTHING
    attempt: int = 0
    """The last one that was begun, counted from 1."""
    process: str = ""
    """Who makes that attempt; empty once its outcome is known."""
    is_pausing: bool = False
    """Whether the next attempt waits for its time."""
    retries: int = 0
    calls_back: bool = True
    """What the definition says of both, as of the last attempt."""
    hindrance: str = ""
    """Why it cannot be called just now, as last seen."""
    message: str = ""
    by: str = ""
    """Who called back; empty where nobody did."""
    callback: str = ""
    """The id of the callback that ended it."""
    reason: str = ""
    """Why it failed."""


def is_terminal(run: Run) -> bool:
    return run.phase in TERMINAL
