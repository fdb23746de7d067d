"""Where log lines go: a file that nobody waits for long, and that fails nobody.

A pipe whose reader stopped would hold up whoever writes into it, and a full disk would raise in the middle of the work
that is told of. A line that cannot be written is left out and counted; the next one that can says how many there were.
"""

import io
import os
import select

_PATIENCE_MILLISECONDS = 100
"""A reader may be slow for so long; once a line was left out, the next ones do not wait for him."""


class LogFile(io.TextIOBase):
    """A stream over an open file. What it lost, it lost as whole lines, but perhaps for the one that was cut."""

    def __init__(self, descriptor: int) -> None:
        self.lost = 0
        self._descriptor = descriptor
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)
        self._untold = 0
        self._is_cut = False

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, line: str) -> int:
        if self._takes((self._told() + line).encode(errors="backslashreplace")):
            self._untold, self._is_cut = 0, False
        else:
            self._untold += 1
            self.lost += 1
        return len(line)

    def _told(self) -> str:
        end = "\n" if self._is_cut else ""
        return f'{end}{{"level":"warning","event":"log_lines_lost","lines":{self._untold}}}\n' if self._untold else ""

    def _takes(self, data: bytes) -> bool:
        # A pipe that is ready takes so many bytes at once without waiting for its reader.
        for start in range(0, len(data), select.PIPE_BUF):
            piece = data[start : start + select.PIPE_BUF]
            written = self._put(piece)
            self._is_cut |= written > 0
            if written < len(piece):
                return False
        return True

    def _put(self, piece: bytes) -> int:
        try:
            is_ready = self._ready.poll(0 if self._untold else _PATIENCE_MILLISECONDS)
            return os.write(self._descriptor, piece) if is_ready else 0
        except OSError:  # no room, or nobody there
            return 0
