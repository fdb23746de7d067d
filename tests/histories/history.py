"""A history as a file: one stored message a line, readable; and what the release that wrote it knew."""

import gzip
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from libs.durable.ports import Stored

FOLDER = Path(__file__).parent
NEXT = FOLDER / "next"
"""What no release has written yet: it may be recorded anew."""
LARGE_BYTES = 200_000
_RELEASE = "release.json"


class Line(Struct, frozen=True, omit_defaults=True):
    sequence: int
    at: datetime
    subject: str
    id: str = ""
    data: Raw = Raw(b"null")
    """As it was stored, which was JSON; null where a timer fired that said nothing."""


class Release(Struct, frozen=True):
    """What the histories of one folder share."""

    fields: dict[str, dict[str, tuple[str, ...]]]
    """By noun or address, by the name of the structure: the fields that there were."""
    sources: dict[str, str] = {}
    """By history: the page or the plane that it is from."""


_encoder = msgspec.json.Encoder()


def files() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*/*.jsonl*"))


def name_of(path: Path) -> str:
    return path.name.partition(".")[0]


def read(path: Path) -> list[Stored]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = (msgspec.json.decode(line, type=Line) for line in text.splitlines())
    return [Stored(line.subject, line.sequence, line.at, _stored(line.data), line.id) for line in lines]


def write(folder: Path, name: str, stored: Iterable[Stored]) -> Path:
    """Compressed only where it is large. No time goes into the file: the same history gives the same bytes."""
    text = b"".join(_encoder.encode(_line(one)) + b"\n" for one in stored)
    for old in folder.glob(f"{name}.jsonl*"):
        old.unlink()
    is_large = len(text) > LARGE_BYTES
    path = folder / f"{name}.jsonl{'.gz' if is_large else ''}"
    path.write_bytes(gzip.compress(text, mtime=0) if is_large else text)
    return path


def release(folder: Path) -> Release:
    return msgspec.json.decode((folder / _RELEASE).read_bytes(), type=Release)


def write_release(folder: Path, known: Release) -> None:
    (folder / _RELEASE).write_bytes(msgspec.json.format(_encoder.encode(known), indent=1) + b"\n")


def _line(stored: Stored) -> Line:
    return Line(stored.sequence, stored.at, stored.subject, stored.id, Raw(stored.data or b"null"))


def _stored(data: Raw) -> bytes:
    return b"" if bytes(data) == b"null" else bytes(data)
