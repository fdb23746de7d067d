"""What can be asked of an agent, and the five ways in which there is no answer."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from libs.messages.agent import Ask


class NoAnswer(Exception):
    """An agent was asked and did not answer."""


class Away(NoAnswer):
    """The agent has no stream to any gateway. Nothing was sent: ask again when it has connected."""


class Busy(NoAnswer):
    """The agent has too much to do and did not begin. Ask again after a pause."""


class Refused(NoAnswer):
    """The agent or the gateway will not do this, and says why. Asking again does not help."""


class Lost(NoAnswer):
    """There is no verdict: it may have happened. Read before anything else is tried."""


class Silent(Lost):
    """The agent says so itself: it is there, and what it asked did not answer it in time."""


class Unreachable(NoAnswer):
    """The agent is there and cannot reach the cluster or the address. Nothing was sent."""


class Answer(Struct, frozen=True):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Stream(Protocol):
    """An answer that keeps coming: how it began, and then its body piece by piece.

    The iterator ends where the agent ended it, and raises `Lost` where a piece is missing or nothing came for too long.
    """

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> dict[str, str]: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Link(Protocol):
    """Asking agents. Every call may raise each of the five."""

    async def ask(self, tenant: str, agent: str, ask: Ask) -> Answer: ...

    def stream(self, tenant: str, agent: str, ask: Ask) -> AbstractAsyncContextManager[Stream]:
        """Enters when the answer has begun; leaving it cancels what is still under way."""
        ...
