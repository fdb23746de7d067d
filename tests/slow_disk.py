"""A file system whose every write waits: a loop device, and a control group that lets few writes through a second."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEBIBYTES = 256
_BLKIO = Path("/sys/fs/cgroup/blkio")
"""Of the first version of control groups; the second has `io.max` in one tree for everything."""
_UNIFIED = Path("/sys/fs/cgroup")


class CannotBeSlow(Exception):
    """This machine has no such disk; the text says why."""


class SlowDisk:
    def __init__(self, folder: Path, group: Path) -> None:
        self.folder = folder
        self._group = group

    def hold_up(self, process: int) -> None:
        """From now on each write of this process waits for its turn."""
        (self._group / "cgroup.procs").write_text(str(process))


@contextmanager
def slow_disk(folder: Path, writes_a_second: int) -> Iterator[SlowDisk]:
    """Mounted for as long as entered. Raises `CannotBeSlow`."""
    if os.geteuid() != 0:
        raise CannotBeSlow("only root can mount a file system")
    image = folder / "image"
    with image.open("wb") as file:
        file.truncate(_MEBIBYTES * 1024 * 1024)
    device = _done("losetup", "--find", "--show", str(image))
    try:
        place = folder / "disk"
        place.mkdir()
        _done("mkfs.ext4", "-q", device)
        _done("mount", device, str(place))
        try:
            with _group(f"fairlead-{os.getpid()}", device, writes_a_second) as group:
                yield SlowDisk(place, group)
        finally:
            _done("umount", "--lazy", str(place))
    finally:
        _done("losetup", "--detach", device)


@contextmanager
def _group(name: str, device: str, writes_a_second: int) -> Iterator[Path]:
    numbers = Path("/sys/class/block", Path(device).name, "dev").read_text().strip()
    if (_BLKIO / "blkio.throttle.write_iops_device").exists():
        group, limit, value = _BLKIO / name, "blkio.throttle.write_iops_device", f"{numbers} {writes_a_second}"
    else:
        group, limit, value = _UNIFIED / name, "io.max", f"{numbers} wiops={writes_a_second}"
    try:
        group.mkdir()
    except OSError as error:
        raise CannotBeSlow(f"no control group can be made: {error}") from error
    try:
        _limited(group / limit, value)
        yield group
    finally:
        group.rmdir()


def _limited(file: Path, value: str) -> None:
    try:
        file.write_text(value)
    except OSError as error:
        raise CannotBeSlow(f"the writes of a control group cannot be limited: {error}") from error


def _done(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CannotBeSlow(f"there is no {command[0]}") from error
    if done.returncode != 0:
        raise CannotBeSlow(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout.strip()
