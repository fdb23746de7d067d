"""The queue of an application: whoever waits begins when the one before has ended."""

import hashlib

import msgspec

from libs.deployment.lock import Lock, lock_subject
from libs.deployment.state import Deployment, Phase, is_terminal
from libs.durable.commit import Contended, Shell
from libs.durable.ports import Conflict, Store, Write
from libs.durable.writes import Cause, message_write
from libs.messages.deployment import StartDeployment
from libs.messages.subject import Key
from libs.runtime.clock import Clock

_ATTEMPTS = 10
_locks = msgspec.json.Decoder(Lock)


class Promotion:
    def __init__(self, deployments: Shell[Deployment], store: Store, clock: Clock) -> None:
        self._deployments = deployments
        self._store = store
        self._clock = clock

    async def promote(self, key: Key, application: str, cause: Cause) -> None:
        """Let who waits for the application begin, if its turn has come. Asking again changes nothing."""
        subject = lock_subject(key, application)
        for _ in range(_ATTEMPTS):
            stored = await self._store.last(subject)
            if stored is None:
                return
            lock = _locks.decode(stored.data)
            after, orders = await self._turn(key, lock, cause)
            if after == lock:
                return
            try:
                await self._store.commit(
                    [*orders, Write(subject, msgspec.json.encode(after), expected=stored.sequence)]
                )
            except Conflict:
                continue
            return
        raise Contended(f"the lock of {application}: {_ATTEMPTS} rounds")

    async def _turn(self, key: Key, lock: Lock, cause: Cause) -> tuple[Lock, list[Write]]:
        """The lock as it should be now, and the order that goes with it."""
        if not lock.waiting:
            return lock, []
        waiting = await self._state(key, lock.waiting)
        if is_terminal(waiting):
            return Lock(lock.holder), []
        # One that has not heard yet that it waits is promoted when it does.
        if waiting.phase is not Phase.QUEUED or not is_terminal(await self._state(key, lock.holder)):
            return lock, []
        return Lock(lock.waiting), [self._start(_of(key, lock.waiting), waiting, cause)]

    async def _state(self, key: Key, deployment: str) -> Deployment:
        return (await self._deployments.load(_of(key, deployment))).state

    def _start(self, key: Key, queued: Deployment, cause: Cause) -> Write:
        order = StartDeployment(application=queued.application, submission=queued.submission, by=queued.by)
        identity = hashlib.sha256(f"{key.tenant}\0{key.deployment}\0start".encode()).hexdigest()[:32]
        return message_write(key, order, identity, cause, self._clock.now())


def _of(key: Key, deployment: str) -> Key:
    return Key(key.tenant, key.partition, deployment)
