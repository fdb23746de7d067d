"""One message of a stream, from its leader: the newest of a subject, or the one at a sequence."""

from datetime import datetime

from msgspec import Struct

from libs.bus.connection import Connection, Refused
from libs.bus.pull import ID_HEADER

_NO_MESSAGE = 10037


class Message(Struct, frozen=True):
    subject: str
    seq: int
    time: datetime
    data: bytes = b""
    hdrs: bytes = b""

    @property
    def id(self) -> str:
        """The deduplication id among the raw headers."""
        for line in self.hdrs.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name == ID_HEADER.encode():
                return value.strip().decode()
        return ""


class _Got(Struct, frozen=True):
    message: Message


async def last(connection: Connection, stream: str, subject: str) -> Message | None:
    return await _asked(connection, stream, {"last_by_subj": subject})


async def message_at(connection: Connection, stream: str, sequence: int) -> Message | None:
    return await _asked(connection, stream, {"seq": sequence})


async def _asked(connection: Connection, stream: str, which: dict[str, str | int]) -> Message | None:
    try:
        return (await connection.ask(f"STREAM.MSG.GET.{stream}", which, _Got)).message
    except Refused as error:
        if error.code == _NO_MESSAGE:
            return None
        raise
