"""The frames of one answer between the subscription that receives them and the one who asked."""

import asyncio
from collections import deque

from libs.link.answer import checked
from libs.link.port import Lost, NoAnswer
from libs.messages.agent import Frame


class Inflow:
    """Frames in order, at most as many unread ones as were granted."""

    def __init__(self, granted: int) -> None:
        self._granted = granted
        self._frames: deque[Frame] = deque()
        self._next_seq = 0
        self._failure: NoAnswer | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._owed = 0
        self.control = ""
        self.ended = False
        """Nothing is under way any more at the other end."""

    def push(self, frame: Frame) -> None:
        """Take a frame from the subscription; whatever is wrong with it ends the answer."""
        if self.ended:
            return
        try:
            checked(frame, self._next_seq)
        except NoAnswer as failure:
            self.fail(failure, ended=bool(frame.problem))
            return
        self._next_seq += 1
        self.control = self.control or frame.control
        self.ended = frame.last
        if len(self._frames) > self._granted:
            self.fail(Lost("more came than had been granted"), ended=False)
        elif not (frame.heartbeat and self._frames):
            self._frames.append(frame)
            self._wake()

    def fail(self, failure: NoAnswer, ended: bool = True) -> None:
        """There will be no more frames; those that came in order can still be read."""
        self._failure = self._failure or failure
        self.ended = ended
        self._wake()

    async def next(self) -> Frame:
        while not self._frames:
            if self._failure is not None:
                raise self._failure
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        frame = self._frames.popleft()
        if not frame.heartbeat:
            self._owed += 1
        return frame

    def settle(self) -> int:
        """How many frames to grant now: nothing until half of what was granted has been read."""
        if self._owed * 2 < self._granted or self.ended:
            return 0
        owed, self._owed = self._owed, 0
        return owed

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
