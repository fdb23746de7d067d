"""What can be asked of a cluster's API, whichever way leads there."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

JSON = "application/json"


class Media(Struct, frozen=True):
    """What a body is, and what an answer may be."""

    content_type: str = JSON
    accept: str = JSON


PLAIN = Media()


class Fence(Struct, frozen=True):
    """A write is made for this target under this epoch; the agent refuses lower ones, as a best effort."""

    target: str
    epoch: int


class Response(Struct, frozen=True):
    """What the API answered; `libs.kube.status.check` turns a refusal into an error."""

    status: int
    body: bytes
    retry_after: float | None = None
    """Seconds the server asked to wait."""


class Transport(Protocol):
    """A way to one cluster's API. `path` includes the query, already escaped.

    Over a link every call may raise `libs.link.port.NoAnswer`, and one of its five kinds over any transport.
    """

    async def request(
        self, method: str, path: str, body: bytes | None = None, media: Media = PLAIN, fence: Fence | None = None
    ) -> Response: ...

    def watch(self, path: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The lines of a watch. Entering raises `KubeError` where the API refuses it."""
        ...
