"""What may still be done to the cluster, although nobody waits for it any more?

Writes, each until it is fenced off; and creates: which objects may one still make? No precondition guards a create. One
that was given up may be carried out after the object was changed, and would take that back, or after it was deleted,
and would bring it back. So who knows of one closes the object to it (`close`), and a return ends no sooner than none
can come.
"""

from collections.abc import Iterable

from libs.runtime.clock import Clock
from libs.workload.dialogue.wanted import Request, Seen, Wanted
from libs.workload.kinds.naming import FIRST_APPLY, ONLY
from libs.workload.kinds.objects import Identity, annotation

LATEST_SECONDS = 150.0
"""For how long it is reckoned with: longer would keep people from the next release more than it would protect them."""


class Late:
    """What one steering knows of it, however often it begins again."""

    def __init__(self, clock: Clock) -> None:
        self.open: list[tuple[Request, Wanted]] = []
        """Writes that may still be done."""
        self._clock = clock
        self._has_begun = False
        self._lost: dict[Identity, float] = {}
        self._inherited: float | None = None
        self._known: set[Identity] = set()
        self._came: set[Identity] = set()

    def begin(self, *, is_first: bool) -> None:
        """At each look; whether nobody was there before to make anything counts at the first."""
        if not self._has_begun and not is_first:
            self.inherit()
        self._has_begun = True

    def inherit(self) -> None:
        """Another process has been at it before: what it asked for last may still come."""
        self._inherited = self._clock.monotonic()

    def lose(self, target: Identity) -> None:
        """A create of our own has got no answer, and the object is not there."""
        self._lost[target] = self._clock.monotonic()

    def among(self, new: Iterable[Identity], seen: Seen) -> frozenset[Identity]:
        """Those that may still be made; `new` are those that were not there before the rollout."""
        lost = frozenset(target for target, at in self._lost.items() if self._may_come(at))
        if self._inherited is None or not self._may_come(self._inherited):
            return lost
        for target in new:
            self._look(target, seen)
        return lost | (frozenset(new) - self._came)

    def _may_come(self, since: float) -> bool:
        return self._clock.monotonic() - since < LATEST_SECONDS

    def _look(self, target: Identity, seen: Seen) -> None:
        """What is there at the first look was made by who came before us, by the only create that it sent."""
        if target in self._known or target not in seen.objects:
            return
        self._known.add(target)
        live = seen.objects[target]
        if live is not None and annotation(live, FIRST_APPLY) in (ONLY, ""):
            self._came.add(target)
