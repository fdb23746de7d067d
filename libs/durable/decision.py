"""What one message or one timer means for a machine, before anything is written. Pure."""

import hashlib
from datetime import datetime
from typing import Generic

from msgspec import Struct
from msgspec.structs import replace

from libs.durable.record import Loaded, Said, Timer
from libs.messages import codec
from libs.messages.machine import Machine, State
from libs.messages.message import ORDERED, Arm, Disarm, Message, Output, TimerFired
from libs.messages.subject import Key, token

_FOLLOWED = 256
"""So many orders are remembered: more than people give about one target."""
_MARK_BYTES = 6


class Due(Struct, frozen=True):
    """A timer that fired: perhaps too early, perhaps one that nobody wants any more."""

    key: Key
    name: str
    """As the subject has it."""
    generation: int
    at: datetime
    """When it fired, by the server's clock."""
    id: str


class Decision(Struct, Generic[State], frozen=True):
    """One step: what becomes true, what is said, and which timers stay."""

    step: int
    state: State
    outputs: tuple[Output, ...]
    timers: dict[str, Timer]
    said: Said | None
    cancelled: tuple[tuple[str, Timer], ...]
    followed: tuple[str, ...] = ()

    def left(self, cause: str, revision: int = 0) -> Loaded[State]:
        """The machine once the decision is committed."""
        return Loaded(self.state, self.step, revision, cause, self.timers, self.followed)

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(output for output in self.outputs if isinstance(output, Message))

    @property
    def armed(self) -> dict[str, Timer]:
        return {name: timer for name, timer in self.timers.items() if timer.generation == self.step}

    @property
    def leans_on_unstamped(self) -> bool:
        """Whether a timer goes on whose deadline is not known, because its record was not read back yet."""
        return any(timer.deadline is None and timer.generation < self.step for timer in self.timers.values())


def on_message(machine: Machine[State], loaded: Loaded[State], message: Message, id_: str) -> Decision[State] | None:
    """Apply a message; None where it changes nothing, or is an order that was followed before.

    The bus may bring one again long after: a release that was resumed must not be held by its old pause once more. With
    facts that does no harm, for what they tell of is still so.
    """
    is_order = message.address.startswith(ORDERED)
    mark = hashlib.blake2s(id_.encode(), digest_size=_MARK_BYTES).hexdigest()
    if is_order and mark in loaded.followed:
        return None
    state, outputs = machine.advance(loaded.state, message)
    if not outputs and (state is loaded.state or state == loaded.state):
        return None
    decision = _step(machine, loaded, (state, outputs), message)
    return replace(decision, followed=(*loaded.followed, mark)[-_FOLLOWED:]) if is_order else decision


def on_due(machine: Machine[State], loaded: Loaded[State], due: Due) -> Decision[State] | None:
    """Apply a timer: None where it is not the one still armed, armed again where it is early.

    None also where the deadline is not known yet; it is, once the record is read back.
    """
    name = next((name for name in loaded.timers if token(name) == due.name), None)
    timer = loaded.timers[name] if name is not None else None
    if name is None or timer is None or timer.generation != due.generation or timer.deadline is None:
        return None
    step = loaded.step + 1
    if due.at < timer.deadline:
        again = loaded.timers | {name: Timer(step, timer.seconds, timer.deadline)}
        return Decision(step, loaded.state, (), again, None, (), loaded.followed)
    fired = TimerFired(name=name)
    left = {other: armed for other, armed in loaded.timers.items() if other != name}
    return _step(machine, replace(loaded, timers=left), machine.advance(loaded.state, fired), fired)


def invariant(machine: Machine[State], state: State, timers: dict[str, Timer]) -> str:
    """What is wrong with this state's timers; empty where nothing is."""
    if machine.is_terminal(state):
        return "a terminal state has timers" if timers else ""
    return "" if timers else "a state that is not terminal has no timer: nothing will ever wake it"


def _step(
    machine: Machine[State], loaded: Loaded[State], transition: tuple[State, tuple[Output, ...]], message: Message
) -> Decision[State]:
    state, outputs = transition
    step = loaded.step + 1
    timers = {} if machine.is_terminal(state) else _timers(loaded.timers, outputs, step)
    cancelled = tuple(
        (name, timer)
        for name, timer in loaded.timers.items()
        if name not in timers or timers[name].generation != timer.generation
    )
    said = Said(message.address, codec.encode(message))
    return Decision(step, state, outputs, timers, said, cancelled, loaded.followed)


def _timers(before: dict[str, Timer], outputs: tuple[Output, ...], step: int) -> dict[str, Timer]:
    timers = dict(before)
    for output in outputs:
        match output:
            case Arm(name, seconds):
                timers[name] = Timer(step, seconds)
            case Disarm(name):
                timers.pop(name, None)
    return timers
