"""The shell of one machine without bus or store: it keeps state and timers, and checks what must always hold."""

from typing import Generic

import msgspec

from libs.messages.machine import Machine, State
from libs.messages.message import Arm, Disarm, Message, Output, TimerFired


class Shell(Generic[State]):
    """Tell it messages; it gives back what the machine says to others and checks every transition."""

    def __init__(self, machine: Machine[State], state: State | None = None) -> None:
        self.machine = machine
        self.state = machine.initial if state is None else state
        self.armed: dict[str, float] = {}
        self.said: list[Message] = []

    @property
    def has_ended(self) -> bool:
        return self.machine.is_terminal(self.state)

    def tell(self, message: Message) -> list[Message]:
        if isinstance(message, TimerFired) and self.armed.pop(message.name, None) is None:
            return []
        before = self.state
        self.state, outputs = self.machine.advance(before, message)
        for output in outputs:
            self._keep_time(output)
        if self.has_ended:
            self.armed.clear()
        self._check(before, message)
        said = [output for output in outputs if isinstance(output, Message)]
        self.said.extend(said)
        return said

    def _keep_time(self, output: Output) -> None:
        match output:
            case Arm():
                self.armed[output.name] = output.seconds
            case Disarm():
                self.armed.pop(output.name, None)

    def _check(self, before: State, message: Message) -> None:
        assert not self.machine.is_terminal(before) or self.state == before, "a terminal state is final"
        begun = self.state != self.machine.initial
        assert not begun or self.has_ended or self.armed, "every state that is not terminal has an armed timer"
        if not isinstance(message, TimerFired):
            assert self.machine.advance(self.state, message)[0] == self.state, "twice equals once"
        stored = msgspec.json.encode(self.state)
        assert msgspec.json.decode(stored, type=self.machine.state) == self.state, "what is stored is what was"
