"""What survives a kill? Each change is appended to a file and flushed before it is answered; the file is
rewritten as it grows.
"""

import os
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from sandbox.objects.json import Object
from sandbox.state.store import Change, Event, Record, Ref, Store, reference

SMALLEST_COMPACTION = 8 * 1024 * 1024
GROWTH = 4
"""A journal is rewritten once it is this many times larger than what it holds."""


class Entry(Struct, frozen=True):
    """One change; without a resource, only the revision that was reached."""

    revision: int
    change: Change
    resource: str
    value: Raw


class CorruptJournal(Exception):
    """A line in the middle of the journal cannot be read; only the last line may be torn by a kill."""


class Journal:
    """The journal of one store. Open it before anything else listens to the store."""

    def __init__(self, folder: Path, store: Store) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "journal.jsonl"
        self._store = store
        self._read()
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = os.fstat(self._file).st_size
        self._compacted = self._size
        store.listen(self._append)

    def close(self) -> None:
        os.close(self._file)

    def _read(self) -> None:
        if not self._path.exists():
            return
        kept = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._restore(line, kept)
                kept += len(line)
        os.truncate(self._path, kept)
        self._store.restored(self._store.revision)

    def _restore(self, line: bytes, offset: int) -> None:
        try:
            entry = msgspec.json.decode(line, type=Entry)
            value = msgspec.json.decode(entry.value, type=Object)
        except msgspec.MsgspecError as error:
            message = f"{self._path}, byte {offset}: {error}; move the folder away to start with an empty cluster"
            raise CorruptJournal(message) from error
        if not entry.resource:
            self._store.revision = entry.revision
            return
        ref = reference(entry.resource, value)
        previous = self._store.get(ref)
        self._store.restore(Event(entry.revision, entry.change, ref, value, bytes(entry.value), previous))

    def _append(self, event: Event) -> None:
        line = _line(event.revision, event.change, event.ref, event.encoded)
        os.write(self._file, line)
        self._size += len(line)
        if self._size > max(SMALLEST_COMPACTION, GROWTH * self._compacted):
            self._compact()

    def _compact(self) -> None:
        """Write what is true now to a new file, then put it in the old one's place in one step."""
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            for ref, record in sorted(self._store.everything(), key=_written_at):
                revision = int(record.value["metadata"]["resourceVersion"])
                file.write(_line(revision, Change.ADDED, ref, record.encoded))
            file.write(_line(self._store.revision, Change.ADDED, Ref("", "", ""), b"{}"))
            file.flush()
            os.fsync(file.fileno())
        os.close(self._file)
        new.replace(self._path)
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        self._size = self._compacted = os.fstat(self._file).st_size


def _written_at(pair: tuple[Ref, Record]) -> tuple[int, Ref]:
    ref, record = pair
    return int(record.value["metadata"]["resourceVersion"]), ref


def _line(revision: int, change: Change, ref: Ref, encoded: bytes) -> bytes:
    return msgspec.json.encode(Entry(revision, change, ref.resource, Raw(encoded))) + b"\n"
