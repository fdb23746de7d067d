"""Who asked for what, how often, and which sizes were changed? Counts for ever, and the latest writes in full."""

from collections import Counter, deque

from msgspec import Struct

from sandbox.objects.json import Object

LATEST = 5000
MOST_COUNTERS = 10_000


class Mutation(Struct, frozen=True, kw_only=True):
    at: str
    method: str
    path: str
    user_agent: str
    status: int
    replicas_before: int | None = None
    replicas_after: int | None = None


class Counted(Struct, frozen=True, order=True):
    verb: str
    resource: str
    user_agent: str
    dry_run: bool = False


class Audit:
    """Only requests from outside: what the sandbox's own controllers write is not counted."""

    def __init__(self) -> None:
        self._counts: Counter[Counted] = Counter()
        self._latest: deque[Mutation] = deque(maxlen=LATEST)

    def count(self, verb: str, resource: str, user_agent: str, dry_run: bool = False) -> None:
        key = Counted(verb, resource, user_agent.partition(" ")[0][:100], dry_run)
        if key in self._counts or len(self._counts) < MOST_COUNTERS:
            self._counts[key] += 1

    def note(self, mutation: Mutation) -> None:
        self._latest.append(mutation)

    def reset(self) -> None:
        self._counts.clear()
        self._latest.clear()

    def report(self) -> Object:
        counts = [
            {"verb": key.verb, "resource": key.resource, "user_agent": key.user_agent, "count": count}
            | ({"dry_run": True} if key.dry_run else {})
            for key, count in sorted(self._counts.items())
        ]
        return {"total": self._counts.total(), "counts": counts, "mutations": list(self._latest)}
