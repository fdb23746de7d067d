"""What one rollout sees of its cluster: its own reads and writes over the watches that it shares with others.

An answer to one's own write is usually newer than the watch. Which copy is newer is told by their resourceVersions,
which Kubernetes lets one compare as numbers; a copy that the watch has caught up with is dropped. Where a cluster comes
back older than it was, from a backup for instance, its versions go back: no answer from before counts then.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import datetime

from libs.kube.reflector import Reflector, order
from libs.runtime.log import logger
from libs.workload.dialogue.wanted import Seen
from libs.workload.kinds.naming import MANAGED_LABEL
from libs.workload.kinds.objects import Identity, Object, replica_set_identity, table, text
from services.executor.clusters import Watch, followed

_log = logger()


class Sight:
    """The eyes of one steering."""

    def __init__(self, watches: Mapping[str, Watch]) -> None:
        self._watches = watches
        self._own: dict[Identity, Object | None] = {}
        self._deleted: dict[Identity, str] = {}
        self._ages = self._seen_ages()

    @contextmanager
    def following(self, application: str, target: str, some: asyncio.Event) -> Iterator[None]:
        """Set `some` whenever anything of this rollout changes."""
        with ExitStack() as stack:
            for reflector in self._reflectors():
                stack.enter_context(reflector.view.follow(followed(application, target), some=some))
            stack.callback(self.feel, False)
            yield

    def feel(self, is_felt: bool) -> None:
        """Whether it matters now that the cluster's API answers."""
        for watch in self._watches.values():
            watch.pulse.feel(self, is_felt)

    def silent(self) -> datetime | None:
        """Since when the cluster's API answers nothing."""
        return min((watch.pulse.since for watch in self._watches.values() if watch.pulse.since), default=None)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[None]:
        """For what the API is asked: given up as soon as it is known to be silent."""
        async with AsyncExitStack() as stack:
            for watch in self._watches.values():
                await stack.enter_async_context(watch.pulse.answering())
            yield
        for watch in self._watches.values():
            watch.pulse.heard()

    def blind(self) -> tuple[datetime, str] | None:
        """Since when the watches do not show what is so, and why; None while they do."""
        stale = [one for one in self._reflectors() if one.since is not None]
        return min((one.since, one.failure) for one in stale if one.since is not None) if stale else None

    def last_seen(self, namespace: str) -> datetime | None:
        """Since when nobody sees a namespace: its watches are blind, or the API is silent behind them."""
        watch = self._watches.get(namespace)
        if watch is None:
            return None
        instants = (watch.replica_sets.since, watch.pods.since, watch.pulse.since)
        return min((instant for instant in instants if instant is not None), default=None)

    def seen(self) -> Seen:
        self._forget()
        for identity in tuple(self._own):
            if self._is_overtaken(identity, self._own[identity]):
                del self._own[identity]
        return Seen(objects=_Over(self._own, _ReplicaSets(self._watches)), pods=_Pods(self._watches))

    def live(self, identity: Identity) -> Object | None:
        return self.seen().objects.get(identity)

    def learn(self, objects: Mapping[Identity, Object | None]) -> None:
        """Take over what an answer told."""
        for identity, value in objects.items():
            if value is None and (known := self.live(identity)):
                self._deleted[identity] = text(known, "metadata", "uid")
            self._own[identity] = value
            if value is not None and (watch := self._watch_of(identity)):
                watch.replica_sets.witness(text(value, "metadata", "resourceVersion"))

    def _forget(self) -> None:
        """What was answered before the cluster came back older than it was says nothing about it: all is read anew."""
        if (ages := self._seen_ages()) != self._ages:
            _log.warning("cluster_came_back_older", namespaces=sorted(self._watches), forgotten=len(self._own))
            self._ages = ages
            self._own.clear()
            self._deleted.clear()

    def _seen_ages(self) -> list[int]:
        return [one.ages for one in self._reflectors()]

    def _watch_of(self, identity: Identity) -> Watch | None:
        return self._watches.get(identity.namespace) if identity.kind == "ReplicaSet" else None

    def _is_overtaken(self, identity: Identity, own: Object | None) -> bool:
        watch = self._watch_of(identity)
        if watch is None:
            return False
        shown = watch.replica_sets.objects.get(identity.name)
        if own is not None:
            # What does not carry our label yet is not among what the watch speaks of, however far it has come.
            speaks = MANAGED_LABEL in table(own, "metadata", "labels")
            known = watch.replica_sets.version if speaks else text(shown or {}, "metadata", "resourceVersion")
            return order(known) >= order(text(own, "metadata", "resourceVersion"))
        # That it is gone is kept: where it had no label of ours, the watch's silence would say nothing.
        return shown is not None and text(shown, "metadata", "uid") != self._deleted.get(identity, "")

    def _reflectors(self) -> list[Reflector]:
        return [reflector for watch in self._watches.values() for reflector in (watch.replica_sets, watch.pods)]


class _ReplicaSets(Mapping[Identity, Object]):
    """What the watches show, without copying it."""

    def __init__(self, watches: Mapping[str, Watch]) -> None:
        self._watches = watches

    def __getitem__(self, identity: Identity) -> Object:
        if identity.kind != "ReplicaSet" or identity.group != "apps":
            raise KeyError(identity)
        return self._watches[identity.namespace].replica_sets.objects[identity.name]

    def __iter__(self) -> Iterator[Identity]:
        for namespace, watch in self._watches.items():
            for name in watch.replica_sets.objects:
                yield replica_set_identity(namespace, name)

    def __len__(self) -> int:
        return sum(len(watch.replica_sets.objects) for watch in self._watches.values())


class _Pods(Mapping[Identity, Sequence[Object]]):
    """Pods by the ReplicaSet that owns them."""

    def __init__(self, watches: Mapping[str, Watch]) -> None:
        self._watches = watches

    def __getitem__(self, identity: Identity) -> Sequence[Object]:
        return self._watches[identity.namespace].pods_of(identity)

    def __iter__(self) -> Iterator[Identity]:
        return iter(_ReplicaSets(self._watches))

    def __len__(self) -> int:
        return len(_ReplicaSets(self._watches))


class _Over(Mapping[Identity, Object | None]):
    """One mapping laid over another."""

    def __init__(self, upper: Mapping[Identity, Object | None], lower: Mapping[Identity, Object]) -> None:
        self._upper = upper
        self._lower = lower

    def __getitem__(self, identity: Identity) -> Object | None:
        return self._upper[identity] if identity in self._upper else self._lower[identity]

    def __iter__(self) -> Iterator[Identity]:
        yield from self._upper
        yield from (identity for identity in self._lower if identity not in self._upper)

    def __len__(self) -> int:
        return sum(1 for _ in self)
