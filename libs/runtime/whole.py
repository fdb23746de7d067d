"""A small file, there whole or not at all whenever the power goes, and readable by nobody else."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """In the place of what is there."""
    with drafted(path, content) as draft:
        draft.replace(path)


@contextmanager
def drafted(path: Path, content: bytes) -> Iterator[Path]:
    """The content beside `path`, to be given its name while entered.

    Each draft has a name of its own: two threads may write one file, and so may processes in containers that share a
    folder, all of them number 1.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name with nothing under it
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
