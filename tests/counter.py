"""A machine small enough to be obvious: it counts approvals, is woken while it waits, and ends when rolled back."""

from datetime import datetime

import msgspec
from msgspec import Struct

from libs.durable.ports import Write
from libs.durable.writes import Cause, message_write
from libs.messages import codec
from libs.messages.machine import Machine, Transition
from libs.messages.message import Arm, Disarm, Message, TimerFired
from libs.messages.rollout import (
    AbandonRollout,
    ApproveStep,
    Hindered,
    RejectStep,
    RollBack,
    RolloutHindered,
    RolloutRolledBack,
    StepEnded,
)
from libs.messages.subject import Key

TARGET = "prod"
KEY = Key("t", 1, "d").of_target(TARGET)
STEP_SECONDS = 30
LIMIT_SECONDS = 3600


class Counter(Struct, frozen=True):
    """How often it was approved and woken."""

    count: int = 0
    woken: int = 0
    ended: bool = False
    note: str = ""


def advance(counter: Counter, message: Message) -> Transition[Counter]:
    """Approvals count in their order; a rejection keeps only the limit; going back ends it."""
    if counter.ended:
        return counter, ()
    match message:
        case ApproveStep(step=step) if step == counter.count:
            said = (StepEnded(target=TARGET, step=step), RolloutHindered(target=TARGET, reason=f"counted {step}"))
            first = (Arm("limit", LIMIT_SECONDS),) if step == 0 else ()
            return msgspec.structs.replace(counter, count=step + 1), (*said, Arm("step", STEP_SECONDS), *first)
        case TimerFired(name="step"):
            woken = msgspec.structs.replace(counter, woken=counter.woken + 1)
            return woken, (RolloutHindered(target=TARGET, reason=f"woken {woken.woken}"), Arm("step", STEP_SECONDS))
        case RejectStep():
            return counter, (Disarm("step"),)
        case RollBack(reason=reason):
            ended = msgspec.structs.replace(counter, ended=True)
            return ended, (RolloutRolledBack(target=TARGET, reason=reason),)
        case Hindered(reason=reason) if reason != counter.note:
            return msgspec.structs.replace(counter, note=reason), ()
        case AbandonRollout():
            return counter, (Hindered(target=TARGET, goal=0, reason="not for the bus"),)
        case _:
            return counter, ()


COUNTER = Machine("rollout", Counter, Counter(), advance, lambda counter: counter.ended)


def approve(step: int) -> ApproveStep:
    return ApproveStep(target=TARGET, step=step, by="ann")


def roll_back() -> RollBack:
    return RollBack(target=TARGET, by="ann", reason="enough")


def order(message: Message, id_: str, at: datetime, key: Key = KEY) -> Write:
    """A message as somebody else sends it."""
    return message_write(key, message, id_, Cause(""), at)


def reasons(stored: list[bytes]) -> list[str]:
    """What the facts among these bodies say."""
    envelopes = [codec.decode_envelope(data) for data in stored]
    messages = [codec.decode(envelope.type, envelope.data) for envelope in envelopes]
    return [message.reason for message in messages if isinstance(message, RolloutHindered)]
