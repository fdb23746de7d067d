"""Disks of NATS nodes that can be filled: a small file system in memory for each, where this process may mount one."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

_MEBIBYTES = 64
_FILLER = "filler"


class Disks:
    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = dict(folders)
        self._full: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Whose disk can be filled."""
        return tuple(self._folders)

    def fill(self, names: Sequence[str]) -> None:
        """To the last byte."""
        for name in names:
            self._full.add(name)
            with (self._folders[name] / _FILLER).open("wb", buffering=0) as file:
                _write_all(file.fileno())

    def heal(self) -> None:
        """Make room again."""
        while self._full:
            (self._folders[self._full.pop()] / _FILLER).unlink(missing_ok=True)


@contextmanager
def disks(folders: Mapping[str, Path]) -> Iterator[tuple[Disks, str]]:
    """Mounted over these folders; where that cannot be, none, and the reason."""
    with ExitStack() as stack:
        why = ""
        mounted: dict[str, Path] = {}
        for name, folder in folders.items():
            folder.mkdir(parents=True, exist_ok=True)
            why = why or _mount(folder)
            if not why:
                stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)
                mounted[name] = folder
        yield Disks(mounted), why


def _mount(folder: Path) -> str:
    if os.geteuid() != 0:
        return "only root can mount a file system"
    command = ["mount", "-t", "tmpfs", "-o", f"size={_MEBIBYTES}m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"mount: {done.stderr.strip()}"


def _write_all(file: int) -> None:
    piece = bytes(65536)
    while piece:
        try:
            os.write(file, piece)
        except OSError:  # no room for so much: try less, down to nothing
            piece = piece[: len(piece) // 2]
