"""Server-sent events, written and read: how a deployment is followed live.

snapshot   the whole view; sent first where the client names no place to go on from
event      one fact of the history; its id is the place to go on from
view       the whole view again, after facts
live       what is seen of a target's pods; never repeated
reset      the place named is unknown or too long ago; a snapshot follows
end        nothing more will come
"""

from collections.abc import Iterator

from msgspec import Struct

HEARTBEAT = b": still here\n\n"
MOST_BYTES = 4 * 1024 * 1024
"""The longest frame a reader takes."""


class Frame(Struct, frozen=True):
    event: str
    data: bytes = b"{}"
    """JSON on one line."""
    id: str = ""
    """Where to go on from after this; empty where the frame is not part of the history."""


class TooLong(Exception):
    """A frame longer than any server of ours sends."""


def encode(frame: Frame) -> bytes:
    place = f"id: {frame.id}\n".encode() if frame.id else b""
    return place + f"event: {frame.event}\n".encode() + b"data: " + frame.data + b"\n\n"


class Reader:
    """Frames out of bytes, however they were cut on the way."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> Iterator[Frame]:
        *whole, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(self._rest) > MOST_BYTES:
            raise TooLong
        for block in whole:
            if frame := _frame(block):
                yield frame


def _frame(block: bytes) -> Frame | None:
    """None for a comment, which only says that the connection lives."""
    fields: dict[bytes, bytes] = {}
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        if name:
            fields[name] = value.removeprefix(b" ")
    if b"data" not in fields:
        return None
    event = fields.get(b"event", b"message").decode(errors="replace")
    return Frame(event, fields[b"data"], fields.get(b"id", b"").decode(errors="replace"))
