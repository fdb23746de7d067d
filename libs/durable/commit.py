"""The one shell: load a machine, let it decide, commit what it decided. Safe to be stopped at any line."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Generic

from msgspec import Struct

from libs.durable import record
from libs.durable.decision import Decision, Due, invariant, on_due, on_message
from libs.durable.ports import Conflict, Store, Unknown
from libs.durable.record import Loaded
from libs.durable.writes import Cause, Step, batch
from libs.messages.machine import Machine, State
from libs.messages.message import Message
from libs.messages.subject import Key, state_subject
from libs.runtime.clock import Clock
from libs.runtime.log import logger

CACHED = 4096
"""How many machines a process keeps in memory as it left them."""
ENDED = 64
"""How many of them may have ended: of those little is heard any more."""

_MAX_ROUNDS = 50
_MAX_DOUBTS = 3

_log = logger()


class Contended(Exception):
    """Others wrote this record again and again while this process decided."""


class Applied(Struct, Generic[State], frozen=True):
    """What became of a message."""

    state: State
    committed: bool
    """Whether this call is known to have made a step; false where the message changed nothing, or nothing any more."""
    revision: int


class Shell(Generic[State]):
    """Everything that happens to one kind of machine, in this process."""

    def __init__(self, machine: Machine[State], store: Store, clock: Clock, cached: int = CACHED) -> None:
        self.machine = machine
        self._store = store
        self.clock = clock
        self._cached = cached
        self._cache: OrderedDict[Key, Loaded[State]] = OrderedDict()
        self._ended: OrderedDict[Key, None] = OrderedDict()

    @property
    def kept(self) -> frozenset[Key]:
        """Whose states are in memory."""
        return frozenset(self._cache)

    async def load(self, key: Key) -> Loaded[State]:
        """The machine as the leader has it."""
        stored = await self._store.last(state_subject(self.machine.noun, key))
        loaded = Loaded(self.machine.initial) if stored is None else record.load(self.machine, stored)
        self._keep(key, loaded)
        return loaded

    async def recall(self, key: Key) -> Loaded[State]:
        """The machine as this process last knew it. It may be behind: decide nothing on it that no fence guards."""
        return self._cache.get(key) or await self.load(key)

    async def apply(self, key: Key, message: Message, message_id: str, traceparent: str = "") -> Applied[State]:
        """Apply one message and commit what it leads to.

        Acknowledge the message after this returns. `Unavailable` and `Unknown` mean: call again after a pause.
        """
        return await self._settle(
            key, Cause(message_id, traceparent), lambda loaded: on_message(self.machine, loaded, message, message_id)
        )

    async def wake(self, due: Due, traceparent: str = "") -> Applied[State]:
        """Apply a timer that fired, if it is the one still armed and its time has come."""
        return await self._settle(due.key, Cause(due.id, traceparent), lambda loaded: on_due(self.machine, loaded, due))

    def forget(self, partition: int) -> None:
        """Drop what was kept of a partition: another process may have worked on it since."""
        for key in [key for key in self._cache if key.partition == partition]:
            del self._cache[key]
            self._ended.pop(key, None)

    async def history(self, key: Key) -> AsyncIterator[Loaded[State]]:
        """Every state that a machine has been in."""
        async for stored in self._store.history([state_subject(self.machine.noun, key)]):
            yield record.load(self.machine, stored)

    async def _settle(
        self, key: Key, cause: Cause, decide: Callable[[Loaded[State]], Decision[State] | None]
    ) -> Applied[State]:
        loaded, doubts = self._cache.get(key), 0
        for _ in range(_MAX_ROUNDS):
            fresh = loaded is None
            loaded = loaded or await self.load(key)
            decision = decide(loaded)
            try:
                if decision and (fresh or not decision.leans_on_unstamped):
                    return await self._commit(key, loaded, decision, cause)
            except Conflict:
                fresh = False
            except Unknown:
                # If it was committed, it changes nothing when it is decided again, as when the bus brings it twice.
                fresh, doubts = False, doubts + 1
                if doubts == _MAX_DOUBTS:
                    raise
            if fresh:
                return Applied(loaded.state, False, loaded.revision)
            # What was kept in memory may be behind: it must never swallow a message, nor lose a timer's deadline.
            loaded = None
        raise Contended(f"{self.machine.noun} {key.deployment} {key.target}: {_MAX_ROUNDS} rounds")

    async def _commit(self, key: Key, loaded: Loaded[State], decision: Decision[State], cause: Cause) -> Applied[State]:
        step = Step(self.machine.noun, key, cause, self.clock.now())
        revision = await self._store.commit(batch(step, decision, loaded.revision))
        self._keep(key, decision.left(cause.id, revision))
        self._watch(key, decision)
        return Applied(decision.state, True, revision)

    def _watch(self, key: Key, decision: Decision[State]) -> None:
        problem = invariant(self.machine, decision.state, decision.timers)
        if problem:
            _log.error("invariant_broken", noun=self.machine.noun, step=decision.step, problem=problem, **_place(key))

    def _keep(self, key: Key, loaded: Loaded[State]) -> None:
        self._cache[key] = loaded
        self._cache.move_to_end(key)
        self._ended.pop(key, None)
        if self.machine.is_terminal(loaded.state):
            self._ended[key] = None
        while len(self._ended) > ENDED:
            self._cache.pop(self._ended.popitem(last=False)[0], None)
        while len(self._cache) > self._cached:
            self._ended.pop(self._cache.popitem(last=False)[0], None)


def _place(key: Key) -> dict[str, str]:
    return {"deployment": key.deployment, "target": key.target}
