"""The second pure function of a rollout: what to send so that what committed state wants becomes true."""

from libs.workload.wanted import Decision, Request, Seen, Wanted


def reconcile(wanted: Wanted, seen: Seen) -> Decision:
    """What to send now. Call again with what the answers told, until nothing is left to send."""
    raise NotImplementedError


def settled(wanted: Wanted, seen: Seen) -> bool:
    """Whether the goal is true as far as it is seen."""
    raise NotImplementedError


def hindrance(wanted: Wanted, seen: Seen) -> str:
    """Why the goal is not true yet, in the words that help most; empty where nothing stands in its way."""
    raise NotImplementedError


def polls(wanted: Wanted, seen: Seen) -> tuple[Request, ...]:
    """Reads of what no watch shows and the goal waits for; send them every second or two until it settles."""
    raise NotImplementedError
