"""Rounds of an event loop at a fraction of asyncio's cost, in its order: a simulation makes thousands a second."""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heapify, heappop, heappush
from random import Random
from selectors import BaseSelector
from typing import Any, Protocol

_MANY = 100
"""As of asyncio: from so many alarms on, those that were cancelled are swept out where they are more than half."""

MOST_ROUNDS = 2_000_000
"""Far more than anything that comes to an end takes."""


class Stuck(Exception):
    """Every task waits for something that neither time nor any other task brings."""


class _Ready(Protocol):
    """As a handle of asyncio, which what comes from a socket still is."""

    _callback: Callable[..., object]
    _args: tuple[Any, ...]
    _context: Context
    _cancelled: bool


class _Call:
    """Something to be called in the next round."""

    __slots__ = ("_args", "_callback", "_cancelled", "_context")

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None) -> None:
        self._callback = callback
        self._args = args
        self._context = copy_context() if context is None else context
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True

    def cancelled(self) -> bool:
        return self._cancelled


class _Alarm(float):
    """Something to be called at an instant. It is that number: most of what a heap does is to compare."""

    __slots__ = ("_args", "_callback", "_cancelled", "_context", "_is_waiting", "_loop")

    _args: tuple[Any, ...]
    _callback: Callable[..., object]
    _cancelled: bool
    _context: Context
    _is_waiting: bool
    _loop: "Rounds"

    def when(self) -> float:
        return float(self)

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._loop.cancelled_alarms += self._is_waiting

    def cancelled(self) -> bool:
        return self._cancelled


class Rounds(asyncio.SelectorEventLoop):
    """`order` shuffles what is ready to run."""

    def __init__(self, selector: BaseSelector, order: Random | None) -> None:
        self._rounds = 0
        self.cancelled_alarms = 0
        self._order = order
        self._alarms: list[_Alarm] = []
        super().__init__(selector)

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        call = _Call(callback, args, context)
        self._ready.append(call)
        return call

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Any:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        alarm = _Alarm(when)
        alarm._callback = callback
        alarm._args = args
        alarm._context = copy_context() if context is None else context
        alarm._cancelled = False
        alarm._is_waiting = True
        alarm._loop = self
        heappush(self._alarms, alarm)
        return alarm

    def _run_once(self) -> None:
        ready = self._ready
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            raise Stuck("it goes round and round")
        if self._order is not None and len(ready) > 1:
            calls = list(ready)
            self._order.shuffle(calls)
            ready.clear()
            ready.extend(calls)
        self._sweep()
        alarms = self._alarms
        wait = 0.0 if ready or self._stopping else max(0.0, alarms[0] - self.time()) if alarms else None
        if events := self._selector.select(wait):
            self._process_events(events)
        end = self.time() + self._clock_resolution
        while alarms and alarms[0] < end:
            alarm = heappop(alarms)
            alarm._is_waiting = False
            ready.append(alarm)
        for _ in range(len(ready)):
            call = ready.popleft()
            if not call._cancelled:
                self._made(call)

    def _made(self, call: _Ready) -> None:
        try:
            call._context.run(call._callback, *call._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, as asyncio does
            self.call_exception_handler({"message": f"Exception in callback {call._callback!r}", "exception": error})

    def _sweep(self) -> None:
        alarms = self._alarms
        if len(alarms) > _MANY and self.cancelled_alarms / len(alarms) > 0.5:
            self._alarms = [alarm for alarm in alarms if not alarm._cancelled]
            heapify(self._alarms)
            self.cancelled_alarms = 0
            return
        while alarms and alarms[0]._cancelled:
            heappop(alarms)._is_waiting = False
            self.cancelled_alarms -= 1
