"""Real processes that a test starts and kills: they die with it, and with nobody else."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from cli.local.children import Child
from libs.runtime.nats_server import dies_with

ROOT = Path(__file__).parents[2]
FAIRLEAD = Path(sys.executable).with_name("fairlead")


def environment(**settings: str) -> dict[str, str]:
    """This process's, without settings of ours that a person may have exported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FAIRLEAD_", "ARMORY_"))}
    return kept | {f"FAIRLEAD_{name}": value for name, value in settings.items()}


class Running:
    """One child; its output is in the log."""

    def __init__(self, child: Child) -> None:
        self.child = child
        child.log.parent.mkdir(parents=True, exist_ok=True)
        with child.log.open("ab") as log:
            self._process = subprocess.Popen(
                child.command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(child.environ),
                preexec_fn=dies_with(os.getpid()),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Without warning, as a crash would."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """In good order; the exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def children_of(pid: int) -> dict[int, str]:
    """The living children of a process: pid and command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found[int(folder.name)] = command
    return found


def is_alive(pid: int) -> bool:
    """A zombie that nobody has buried yet is dead."""
    try:
        return _state(pid) != "Z"
    except OSError:
        return False


def copied(source: Path, target: Path, writer: int) -> None:
    """What stands in a folder at one instant: who writes there is stopped while it is copied."""
    os.kill(writer, signal.SIGSTOP)
    try:
        while _state(writer) != "T":
            time.sleep(0.005)  # nothing tells when it has stopped
        shutil.copytree(source, target)
    finally:
        os.kill(writer, signal.SIGCONT)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
