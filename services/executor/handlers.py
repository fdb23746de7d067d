"""What the executor does with each message: tell the rollout's machine, and keep somebody steering."""

import asyncio

import msgspec

from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.ports import Bus, Store
from libs.durable.record import Unreadable, load
from libs.messages.message import Received
from libs.messages.subject import Key, live_subject, parse, state_filter
from libs.rollout.machine import MACHINE
from libs.rollout.state import Phase, Rollout, is_terminal
from libs.runtime.log import logger
from services.executor.progress import live_target
from services.executor.steering import Steering, Tools

LIVE_SECONDS = 1.0
"""How often people are shown what changed."""

_log = logger()


class Executor:
    """Walks rollouts."""

    def __init__(self, tools: Tools, store: Store, bus: Bus) -> None:
        self._tools = tools
        self._store = store
        self._bus = bus
        self._steerings: dict[Key, Steering] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._shown: dict[Key, int] = {}
        self._tenures = 0
        self._group = asyncio.TaskGroup()

    async def run(self) -> None:
        """Own the steerings until cancelled, and show people what they see."""
        async with self._group:
            while True:
                await self._tools.clock.sleep(LIVE_SECONDS)
                for steering in self._changed():
                    await self._show(steering)

    async def tell(self, received: Received) -> None:
        applied = await self._rollouts.apply(received.key, received.message, received.id, received.traceparent)
        self._steer(received.key, applied.state)

    async def wake(self, due: Due) -> None:
        applied = await self._rollouts.wake(due)
        self._steer(due.key, applied.state)

    async def take_over(self, partition: int) -> None:
        """Steer what another process, or this one before, has left."""
        for stored in await self._store.lasts([state_filter("rollout", partition)]):
            key = parse(stored.subject).key
            try:
                self._steer(key, load(MACHINE, stored).state)
            except Unreadable:
                _log.exception("rollout_unreadable", deployment=key.deployment, target=key.target)

    async def let_go(self, partition: int) -> None:
        """End the steerings of a partition that is given up: whoever takes it over, this process too, claims anew."""
        keys = [key for key in self._tasks if key.partition == partition]
        tasks = [self._tasks[key] for key in keys]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for key in keys:
            self._forget(key)

    @property
    def _rollouts(self) -> Shell[Rollout]:
        return self._tools.rollouts

    def _steer(self, key: Key, rollout: Rollout) -> None:
        steering = self._steerings.get(key)
        if steering is not None:
            steering.wake.set()
        elif not is_terminal(rollout) and rollout.phase is not Phase.ABSENT:
            self._tenures += 1
            self._steerings[key] = Steering(key, self._tools, self._tenures)
            self._tasks[key] = self._group.create_task(self._run(key))

    async def _run(self, key: Key) -> None:
        steering = self._steerings[key]
        try:
            await steering.run()
        finally:
            # Before anything else is awaited: what has ended cannot be woken by the next message.
            self._forget(key)
        await self._show(steering)

    def _forget(self, key: Key) -> None:
        for known in (self._steerings, self._tasks, self._shown):
            known.pop(key, None)

    def _changed(self) -> list[Steering]:
        """Who has looked since it was last shown."""
        found = [one for key, one in self._steerings.items() if self._shown.get(key) != one.looks]
        self._shown.update({one.key: one.looks for one in found})
        return found

    async def _show(self, steering: Steering) -> None:
        if steering.sight is None:
            return
        try:
            rollout = (await self._rollouts.recall(steering.key)).state
            seen = live_target(rollout, steering.sight.seen(), self._tools.clock.now(), steering.away_since)
            await self._bus.publish(live_subject(steering.key), msgspec.json.encode(seen))
        except Exception as error:  # noqa: BLE001 - what people are shown must never stop what is done
            _log.warning("rollout_not_shown", deployment=steering.key.deployment, error=repr(error))
