"""What a state machine is: a noun, a first state, and one pure function."""

from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from libs.messages.message import Message, Output

State = TypeVar("State")

Transition = tuple[State, tuple[Output, ...]]


class Machine(Struct, Generic[State], frozen=True):
    """Everything the shell needs to know of one kind of machine.

    `advance` knows no clock, IO or randomness. A message that no longer applies changes nothing: it returns the very
    state it was given and no outputs. Every state that is not terminal has a timer armed.
    """

    noun: str
    state: type[State]
    initial: State
    advance: Callable[[State, Message], Transition[State]]
    is_terminal: Callable[[State], bool]
