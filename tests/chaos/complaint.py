"""What processes said of themselves that none should ever have to say, from their logs."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

_NEVER = frozenset(
    {
        "invariant_broken",
        "message_dead_lettered",
        "message_failed",
        "record_unreadable",
        "store_went_back",
        "timers_unreadable",
    }
)


class _Said(Struct, frozen=True):
    event: str = ""
    at: str = ""
    exception: str = ""


_lines = msgspec.json.Decoder(_Said)


def complaints(folder: Path) -> Iterator[str]:
    """Of every log in the folder."""
    for log in sorted(folder.iterdir()):
        for line in log.read_bytes().splitlines():
            said = _read(line)
            if said.event in _NEVER:
                yield f"{log.name} at {said.at}: {said.event} {said.exception[-300:]}"


def _read(line: bytes) -> _Said:
    """Nothing, where a kill has torn it or it is no line of ours."""
    try:
        return _lines.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Said()
