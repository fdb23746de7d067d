"""One look at a goal: what to send, what is waited for, and what must be read to know that it came."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from libs.workload.dialogue.wanted import Problem, Request, Superseded


class Outlook(Struct, frozen=True):
    """The goal is true where there are neither requests nor waits."""

    requests: tuple[Request, ...] = ()
    waits: tuple[str, ...] = ()
    """For people, the most telling first."""
    polls: tuple[Request, ...] = ()
    """Reads of what no watch shows and the goal waits for; send them every second or two until it settles."""

    @property
    def is_settled(self) -> bool:
        return not self.requests and not self.waits

    @property
    def hindrance(self) -> str:
        """Why the goal is not true yet, in the words that help most; empty where nothing stands in its way."""
        if self.waits or not self.requests:
            return "; ".join(self.waits[:3])
        return f"asked over and over, and nothing came of it: {self.requests[0].what}"


CLEAR = Outlook()

Decision = Outlook | Superseded | Problem


def combined(outlooks: Iterable[Outlook]) -> Outlook:
    every = tuple(outlooks)
    return Outlook(
        requests=tuple(request for one in every for request in one.requests),
        waits=tuple(wait for one in every for wait in one.waits),
        polls=tuple(poll for one in every for poll in one.polls),
    )


def in_turn(*looks: Callable[[], Outlook]) -> Outlook:
    """Each is looked at once those before it are settled."""
    found: list[Outlook] = []
    for look in looks:
        found.append(look())
        if not found[-1].is_settled:
            break
    return combined(found)
