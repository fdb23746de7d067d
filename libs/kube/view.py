"""Objects as they were last seen, and waking whoever cares when they change."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

Object = dict[str, Any]
Keys = Callable[[Object], Iterable[str]]
"""Under which keys an object is followed, such as its name or a label's value."""
Group = Callable[[Object], Hashable]
"""To which group an object belongs, such as its owner."""


def by_name(value: Object) -> tuple[str, ...]:
    return (value["metadata"]["name"],)


class Wake:
    """What one follower waits on. Changes that come while it does not wait are kept for its next wait."""

    def __init__(self, some: asyncio.Event | None = None) -> None:
        self._changed: set[str] = set()
        self._some = some or asyncio.Event()

    async def wait(self) -> frozenset[str]:
        """The names of what changed; empty when only the view's own state did (synced, or no longer)."""
        await self._some.wait()
        self._some.clear()
        changed, self._changed = frozenset(self._changed), set()
        return changed

    def touch(self, name: str) -> None:
        self._changed.add(name)
        self._some.set()

    def stir(self) -> None:
        self._some.set()


class View:
    """The objects of one collection by name, and its followers by key."""

    def __init__(self, keys: Keys = by_name, group: Group = lambda _: None) -> None:
        self.objects: dict[str, Object] = {}
        self._keys = keys
        self._group = group
        self._groups: dict[Hashable, dict[str, Object]] = {}
        # In the order of their coming, so that the same events wake the same ones in the same order.
        self._followers: dict[str, dict[Wake, None]] = {}
        self._everyone: dict[Wake, None] = {}

    @contextmanager
    def follow(self, *keys: str, some: asyncio.Event | None = None) -> Iterator[Wake]:
        """Be woken by changes of objects under any of these keys; without keys, under all.

        `some` is an event to set, where one follower waits for several views at once.
        """
        wake = Wake(some)
        places = [self._followers.setdefault(key, {}) for key in keys] or [self._everyone]
        for place in places:
            place[wake] = None
        try:
            yield wake
        finally:
            for place in places:
                place.pop(wake, None)
            for key in keys:
                if not self._followers.get(key, True):
                    del self._followers[key]

    def grouped(self, group: Hashable) -> Mapping[str, Object]:
        """The objects of one group, by name."""
        return self._groups.get(group, {})

    def put(self, name: str, value: Object) -> None:
        """An object as it is now."""
        before = self.objects.get(name)
        if before is not None:
            self._ungroup(name, before)
        self.objects[name] = value
        self._groups.setdefault(self._group(value), {})[name] = value
        if before is None or _version(before) != _version(value):
            self._notify(name, before, value)

    def drop(self, name: str, last: Object | None = None) -> None:
        """An object that is gone; `last` is what the API said of it."""
        before = self.objects.pop(name, None)
        if before is not None:
            self._ungroup(name, before)
            self._notify(name, before, last)

    def replace(self, values: dict[str, Object]) -> None:
        """The whole collection as a list has it."""
        for name in [name for name in self.objects if name not in values]:
            self.drop(name)
        for name, value in values.items():
            self.put(name, value)

    def stir(self) -> None:
        """Wake everybody: the view itself has become current, or no longer is."""
        for wake in dict.fromkeys(chain(self._everyone, *self._followers.values())):
            wake.stir()

    def _ungroup(self, name: str, value: Object) -> None:
        group = self._group(value)
        del self._groups[group][name]
        if not self._groups[group]:
            del self._groups[group]

    def _notify(self, name: str, before: Object | None, after: Object | None) -> None:
        touched = dict(self._everyone)
        for version in (before, after):
            for key in self._keys(version) if version is not None else ():
                touched |= self._followers.get(key, {})
        for wake in touched:
            wake.touch(name)


def _version(value: Object) -> object:
    return value["metadata"].get("resourceVersion")
