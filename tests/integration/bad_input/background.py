"""A server in a thread, so that a command line can have the main one, where interruptions are heard."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

Result = TypeVar("Result")
Entered = TypeVar("Entered")


class Background:
    """An event loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    @contextmanager
    def entered(self, opened: Callable[[], AbstractAsyncContextManager[Entered]]) -> Iterator[Entered]:
        """The context entered and left by one task, as its task groups want it."""
        held = self.do(_held(opened))
        try:
            yield held.value
        finally:
            self.do(held.leave())


class Held:
    def __init__(self, value: Any, task: asyncio.Task[None], over: asyncio.Event) -> None:
        self.value = value
        self._task = task
        self._over = over

    async def leave(self) -> None:
        self._over.set()
        await self._task


async def _held(opened: Callable[[], AbstractAsyncContextManager[Any]]) -> Held:
    entered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        try:
            async with opened() as value:
                entered.set_result(value)
                await over.wait()
        except Exception as error:
            if entered.done():
                raise
            entered.set_exception(error)

    task = asyncio.create_task(hold())
    return Held(await entered, task, over)
