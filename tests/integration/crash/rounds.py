"""An event loop on which waiting takes no time: where nothing can run, its clock skips to the next thing that can.

Its rounds are asyncio's, in the same order, at a fraction of their cost: a simulation makes thousands a second.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heapify, heappop, heappush
from random import Random
from selectors import DefaultSelector, SelectorKey
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

Result = TypeVar("Result")

_MANY = 100
"""As of asyncio: from so many alarms on, those that were cancelled are swept out where they are more than half."""

MOST_ROUNDS = 2_000_000
"""Far more than anything that comes to an end takes."""


class Stuck(Exception):
    """Every task waits for something that neither time nor any other task brings."""


_OWN = 1
"""What a loop watches itself: the pipe by which another thread would wake it, and there is none that would."""


class _Files(DefaultSelector):
    """Counts what it watches."""

    number = 0

    def register(self, fileobj: "FileDescriptorLike", events: int, data: Any = None) -> SelectorKey:
        key = super().register(fileobj, events, data)
        self.number += 1
        return key

    def unregister(self, fileobj: "FileDescriptorLike") -> SelectorKey:
        key = super().unregister(fileobj)
        self.number -= 1
        return key


def _nothing() -> None:
    return


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
        self._args, self._callback = (), _nothing

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
    _loop: "SkippingLoop"

    def when(self) -> float:
        return float(self)

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._args, self._callback = (), _nothing  # nobody is kept alive by what will not be called
            self._loop.cancelled_alarms += self._is_waiting

    def cancelled(self) -> bool:
        return self._cancelled


class _Task(asyncio.Task[Any]):
    """In sets of tasks, as groups keep them, it stands where it stands in every process: not by its address."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        loop = keywords["loop"]
        self._number = loop.tasks = loop.tasks + 1
        super().__init__(*arguments, **keywords)

    def __hash__(self) -> int:
        return self._number


class SkippingLoop(asyncio.SelectorEventLoop):
    """Timeouts, sleeps and clocks go by its time. Work for threads is done at once.

    `order` shuffles what is ready to run: each task's own order stays, and no task may count on another's.
    """

    def __init__(self, order: Random | None = None) -> None:
        self.cancelled_alarms = 0
        self._order = order
        self._rounds = 0
        self._passed = 0.0
        self._alarms: list[_Alarm] = []
        self._files = _Files()
        self.tasks = 0
        super().__init__(self._files)
        self.set_task_factory(lambda loop, coroutine, **context: _Task(coroutine, loop=loop, **context))

    def time(self) -> float:
        return self._passed

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        call = _Call(callback, args, context)
        self._ready.append(call)
        return call

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Any:
        return self._call_at(self._passed + delay, callback, args, context)

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        return self._call_at(when, callback, args, context)

    def _call_at(
        self, when: float, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> _Alarm:
        alarm = _Alarm(when)
        alarm._callback = callback
        alarm._args = args
        alarm._context = copy_context() if context is None else context
        alarm._cancelled = False
        alarm._is_waiting = True
        alarm._loop = self
        heappush(self._alarms, alarm)
        return alarm

    def run_in_executor(self, executor: Any, func: Callable[..., Result], *args: Any) -> asyncio.Future[Result]:  # type: ignore[override]
        done: asyncio.Future[Result] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is for who asked
            done.set_exception(error)
        return done

    def _run_once(self) -> None:
        ready = self._ready
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            raise Stuck("it goes round and round")
        if self._order is not None and len(ready) > 1:
            self._shuffle(self._order)
        alarms = self._swept()
        if self._files.number > _OWN and (events := self._files.select(0)):
            self._process_events(events)
        elif not ready and not self._stopping:
            self._skip()
        if alarms and alarms[0] < self._passed + self._clock_resolution:
            self._ring(alarms)
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

    def _ring(self, alarms: list[_Alarm]) -> None:
        end = self._passed + self._clock_resolution
        while alarms and alarms[0] < end:
            alarm = heappop(alarms)
            alarm._is_waiting = False
            self._ready.append(alarm)

    def _shuffle(self, order: Random) -> None:
        calls = list(self._ready)
        order.shuffle(calls)
        self._ready.clear()
        self._ready.extend(calls)

    def _skip(self) -> None:
        if not self._alarms:
            raise Stuck(Stuck.__doc__)
        self._passed += max(0.0, self._alarms[0] - self._passed)

    def _swept(self) -> list[_Alarm]:
        """What is left of the alarms without those that were cancelled and stand first, or are too many."""
        alarms = self._alarms
        if len(alarms) > _MANY and self.cancelled_alarms / len(alarms) > 0.5:
            self._alarms = alarms = [alarm for alarm in alarms if not alarm._cancelled]
            heapify(alarms)
            self.cancelled_alarms = 0
        while alarms and alarms[0]._cancelled:
            heappop(alarms)._is_waiting = False
            self.cancelled_alarms -= 1
        return alarms
