"""What the webhooks service does with each message: tell the run's machine, and keep somebody calling."""

import asyncio

from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.ports import Bus, Store
from libs.durable.record import Unreadable, load
from libs.messages.agent import EVERY_CONNECTED
from libs.messages.message import Received
from libs.messages.subject import Key, parse, state_filter
from libs.runtime.log import logger
from libs.webhook.machine import MACHINE
from libs.webhook.state import Phase, Run
from services.webhooks.steering import Steering, Tools

_log = logger()


class Webhooks:
    """Calls out."""

    def __init__(self, tools: Tools, store: Store, bus: Bus) -> None:
        self._tools = tools
        self._store = store
        self._bus = bus
        self._steerings: dict[Key, Steering] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._tenures = 0
        self._group = asyncio.TaskGroup()

    async def run(self) -> None:
        """Own the steerings until cancelled; an agent that has connected is asked at once."""
        async with self._group, self._bus.subscribe(EVERY_CONNECTED) as hints:
            async for hint in hints:
                for steering in tuple(self._steerings.values()):
                    steering.hear(hint.subject)

    async def tell(self, received: Received) -> None:
        applied = await self._runs.apply(received.key, received.message, received.id, received.traceparent)
        self._steer(received.key, applied.state)

    async def wake(self, due: Due) -> None:
        applied = await self._runs.wake(due)
        self._steer(due.key, applied.state)

    async def take_over(self, partition: int) -> None:
        """Go on with what another process, or this one before, has left."""
        for stored in await self._store.lasts([state_filter(MACHINE.noun, partition)]):
            key = parse(stored.subject).key
            try:
                self._steer(key, load(MACHINE, stored).state)
            except Unreadable:
                _log.exception("webhook_unreadable", deployment=key.deployment, target=key.target)

    async def let_go(self, partition: int) -> None:
        """End the calls of a partition that is given up: whoever takes it over, this process too, begins anew."""
        tasks = [task for key, task in self._tasks.items() if key.partition == partition]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def _runs(self) -> Shell[Run]:
        return self._tools.runs

    def _steer(self, key: Key, run: Run) -> None:
        steering = self._steerings.get(key)
        if steering is not None:
            steering.wake.set()
        elif run.phase is Phase.CALLING:
            self._tenures += 1
            self._steerings[key] = Steering(key, self._tools, self._tenures)
            self._tasks[key] = self._group.create_task(self._run(key))

    async def _run(self, key: Key) -> None:
        try:
            await self._steerings[key].run()
        finally:
            # Before anything else is awaited: what has ended cannot be woken by the next message.
            self._steerings.pop(key, None)
            self._tasks.pop(key, None)
