"""The two ways to call out share this: what is asked of one, what comes back, and how it may fail."""

from typing import Protocol

from msgspec import Struct

from services.webhooks.calling.rendering import Request

BODY_MOST = 64 * 1024
"""How much of an answer is read."""


class Answer(Struct, frozen=True):
    """What came back, as far as anybody is told of it."""

    status: int
    content_type: str = ""
    location: str = ""
    body: bytes = b""


class Missed(Exception):
    """The call was made and did not succeed, or nobody knows whether it did."""

    is_final = False


class Refused(Missed):
    """The call is not made, and asking again does not help."""

    is_final = True


class NotNow(Exception):
    """Nothing was sent: it can be tried again without counting."""


class Way(Protocol):
    async def send(self, request: Request, seconds: float) -> Answer:
        """One request, no redirect followed. Raises `Missed`, `Refused` or `NotNow`."""
        ...
