"""What the shell asks of the bus and the store. JetStream and an in-memory twin fill these and pass one contract."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

MAX_MESSAGE_BYTES = 256 * 1024
"""The most that one stored message may carry; what is larger goes to the blobs."""

MAX_VALUE_BYTES = 512 * 1024
"""The most that one value of a bucket may hold: the server ends the connection of whoever sends more than it takes."""

MAX_PACKET_BYTES = 1024 * 1024
"""The most that one message outside JetStream may carry."""

MAX_BATCH = 900
"""The most messages of one atomic batch; the server's own limit is 1,000."""


class Conflict(Exception):
    """Somebody else wrote this subject since it was read: load again and decide again."""


class Unknown(Exception):
    """No verdict came in time: the batch may have been committed. Read back before anything else is tried."""


class Unavailable(Exception):
    """The bus cannot be reached or has no leader; nothing was accepted. Try again with a pause."""


class WentBack(Unavailable):
    """The store has lost what was in it. Trying again helps once a person has put the right one back."""


class Stored(Struct, frozen=True):
    """A message of the stream. Its sequence is its revision."""

    subject: str
    sequence: int
    at: datetime
    """The server's timestamp."""
    data: bytes
    id: str = ""
    """The deduplication id it was written with."""


class Write(Struct, frozen=True, omit_defaults=True):
    """One message of an atomic batch; `ValueError` names one that no server would take."""

    subject: str
    data: bytes
    id: str = ""
    """Deduplication id. A batch in which any id was seen within the window is refused whole, as `Conflict`."""
    expected: int | None = None
    """Refuse the batch unless this is the subject's last sequence (0: there is none).

    A subject that is compared has no other message before it in the batch.
    """
    fires_at: datetime | None = None
    """Set on a timer: when the server re-publishes the body as `fires_as`. A past instant fires at once."""
    fires_as: str = ""
    cancels: str = ""
    """The subject of a timer that this batch removes; one that is no longer there is no error."""


class Entry(Struct, frozen=True):
    """A value of a bucket."""

    key: str
    value: bytes
    revision: int


class Store(Protocol):
    """Records, small keyed values and large blobs."""

    async def last(self, subject: str) -> Stored | None:
        """The newest message of a subject, read from the leader."""
        ...

    async def lasts(self, filters: Sequence[str]) -> list[Stored]:
        """The newest message of every subject that matches, in stream order."""
        ...

    def history(self, filters: Sequence[str], after: int = 0) -> AsyncIterator[Stored]:
        """Every message that matches with a sequence above `after`, in order, up to what the stream holds now."""
        ...

    async def commit(self, batch: Sequence[Write]) -> int:
        """Write all or nothing; the last sequence. Raises `Conflict`, `Unknown` or `Unavailable`."""
        ...

    async def get(self, bucket: str, key: str) -> Entry | None: ...

    async def put(self, bucket: str, key: str, value: bytes, revision: int | None = None, ttl: int = 0) -> int:
        """Set a value, neither empty nor above `MAX_VALUE_BYTES` (`ValueError`); the new revision.

        `revision` 0: only where there is none; n: only over that one (`Conflict`). `ttl` in whole seconds; 0: for ever.
        """
        ...

    async def delete(self, bucket: str, key: str, revision: int | None = None) -> None:
        """Remove a value; `Conflict` where `revision` is given and is not the one that is there (0: there is none)."""
        ...

    async def entries(self, bucket: str, prefix: str = "") -> list[Entry]:
        """What is there now, the value that was set longest ago first."""
        ...

    async def save(self, data: bytes) -> str:
        """Keep a blob, sealed; its digest. The same bytes give the same digest and are kept once."""
        ...

    async def read(self, digest: str) -> bytes:
        """A blob by its digest; `KeyError` where there is none."""
        ...


class Delivery(Protocol):
    """A message pulled from a durable consumer, until it is acknowledged."""

    @property
    def stored(self) -> Stored: ...

    async def ack(self) -> None: ...

    async def progress(self) -> None:
        """Still working: do not deliver it to somebody else yet."""
        ...


class Packet(Struct, frozen=True):
    """A message outside JetStream. `gone` marks the answer that nobody listens ("no responders")."""

    subject: str
    data: bytes
    reply: str = ""
    gone: bool = False


class Bus(Protocol):
    """Messages as they come."""

    def consume(
        self, name: str, filters: Sequence[str], takeover: bool = True
    ) -> AbstractAsyncContextManager[AsyncIterator[Delivery]]:
        """Pull from the durable consumer `name`, made when it is missing and reset to its ack floor on `takeover`.

        The iterator never ends by itself: it survives restarts of the server. A subject matches one filter at most:
        filters that overlap are a `ValueError`, here and wherever else several are given.
        """
        ...

    def follow(self, filters: Sequence[str], after: int | None = None) -> AsyncIterator[Stored]:
        """Every stored message that matches, in order, and then as they come; `after` None: only new ones.

        Resumes without loss or repetition over restarts of the server.
        """
        ...

    async def publish(self, subject: str, data: bytes, reply: str = "") -> None:
        """`ValueError` where it is larger than `MAX_PACKET_BYTES`; `Unavailable` where it cannot be sent now."""
        ...

    def subscribe(
        self, subject: str, queue: str = "", pending: int = 1024
    ) -> AbstractAsyncContextManager[AsyncIterator[Packet]]:
        """Messages outside JetStream; once entered, the server knows of the subscription, the other nodes soon after.

        More than `pending` unread ones are dropped, oldest first.
        """
        ...

    def inbox(self) -> str:
        """A fresh subject prefix that only this connection uses."""
        ...
