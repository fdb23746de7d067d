"""From frames to an answer: in order and complete, or the reason why there is none."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from libs.link.port import Answer, Away, Busy, Lost, NoAnswer, Refused, Silent, Unreachable
from libs.messages.agent import Frame

ANSWER_BYTES = 64 * 1024 * 1024
"""The most that a whole answer may hold; what may be larger is listed in pages or streamed."""

SILENCE_SECONDS = 25.0
"""A stream that says nothing for so long, not even a heartbeat, has ended without saying so."""


class Frames(Protocol):
    """The frames of one answer, as they come."""

    async def next(self) -> Frame:
        """The next one in order; raises `NoAnswer` where it cannot come."""
        ...


def no_answer(problem: str) -> NoAnswer:
    """What a frame's `problem` means to the one who asked."""
    kind, _, reason = problem.partition(": ")
    match kind:
        case "away":
            return Away(reason or "the agent is away")
        case "busy":
            return Busy(reason or "the agent has too much to do")
        case "refused":
            return Refused(reason)
        case "unreachable":
            return Unreachable(reason)
        case "timeout":
            return Silent("timeout: what the agent asked did not answer it in time")
        case _:
            return Lost(reason or problem)


def problem_of(failure: NoAnswer) -> str:
    """The frame's `problem` for a failure: what `no_answer` reads."""
    match failure:
        case Away():
            return "away"
        case Busy():
            return "busy"
        case Refused():
            return f"refused: {failure}"
        case Unreachable():
            return f"unreachable: {failure}"
        case Silent():
            return "timeout"
        case _:
            return f"gone: {failure}"


def checked(frame: Frame, expected: int) -> Frame:
    """The frame, unless it is not the next one or says that there is no answer."""
    if frame.seq != expected:
        raise Lost(f"piece {expected} of the answer is missing")
    if frame.problem:
        raise no_answer(frame.problem)
    return frame


async def whole(frames: Frames) -> Answer:
    """Every piece of an answer as one."""
    first = frame = await frames.next()
    if first.last:
        return Answer(first.status, first.headers, first.body)
    pieces, size = [first.body], len(first.body)
    while not frame.last:
        frame = await frames.next()
        size += len(frame.body)
        if size > ANSWER_BYTES:
            raise Refused(f"the answer is larger than {ANSWER_BYTES} bytes: ask for less at a time")
        pieces.append(frame.body)
    return Answer(first.status, first.headers, b"".join(pieces))


class Opened:
    """A stream that has begun."""

    def __init__(self, first: Frame, frames: Frames) -> None:
        self._first = first
        self._frames = frames

    @property
    def status(self) -> int:
        return self._first.status

    @property
    def headers(self) -> dict[str, str]:
        return self._first.headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        frame = self._first
        while True:
            if frame.body:
                yield frame.body
            if frame.last:
                return
            frame = await heard(self._frames)


async def heard(frames: Frames) -> Frame:
    """The next frame, unless nothing comes for too long."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            return await frames.next()
    except TimeoutError:
        raise Lost(f"nothing was heard for {SILENCE_SECONDS:.0f} s") from None
