"""One look at a goal: what to send, what is waited for, and what must be read to know that it came."""

from collections.abc import Iterable

from msgspec import Struct

from libs.workload.wanted import Request


class Outlook(Struct, frozen=True):
    """The goal is true where there are neither requests nor waits."""

    requests: tuple[Request, ...] = ()
    waits: tuple[str, ...] = ()
    """For people, the most telling first."""
    polls: tuple[Request, ...] = ()

    @property
    def is_settled(self) -> bool:
        return not self.requests and not self.waits


CLEAR = Outlook()


def combined(outlooks: Iterable[Outlook]) -> Outlook:
    every = tuple(outlooks)
    return Outlook(
        requests=tuple(request for one in every for request in one.requests),
        waits=tuple(wait for one in every for wait in one.waits),
        polls=tuple(poll for one in every for poll in one.polls),
    )
