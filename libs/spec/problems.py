"""What a person is told about a file: what is wrong, where, and what to write instead."""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

MOST_PROBLEMS = 100
_SHOWN = 60
_COMPARED = 100
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Place(Struct, frozen=True):
    """A position in a text (both from 1; 0 where there is none) and the path to what stands there."""

    line: int = 0
    column: int = 0
    path: str = ""


class Problem(Struct, frozen=True):
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    code: str = ""
    file: str = ""
    """The manifest file that line and column count in; empty: the deployment file."""

    def text(self, file: str = "") -> str:
        """One line for a terminal; `file` is what the deployment file is called."""
        name = self.file or file
        where = ":".join([name] * bool(name) + [str(self.line), str(self.column)] * bool(self.line))
        words = [where, self.path, "warning" if self.severity == "warning" else "", self.message]
        return ": ".join(word for word in words if word) + (f" ({self.hint})" if self.hint else "")


class Report:
    """Collects the problems of one file; what passes the limit is counted, not kept."""

    def __init__(self, file: str = "") -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._dropped = 0

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self._problems)

    def error(self, place: Place, code: str, message: str, hint: str = "") -> None:
        self._add(Problem(place.line, place.column, place.path, message, hint, "error", code, self._file))

    def warn(self, place: Place, code: str, message: str, hint: str = "") -> None:
        self._add(Problem(place.line, place.column, place.path, message, hint, "warning", code, self._file))

    def problems(self) -> tuple[Problem, ...]:
        """In the file's order."""
        found = sorted(self._problems, key=lambda problem: (problem.line, problem.column))
        if self._dropped:
            found.append(
                Problem(0, 0, "", f"{self._dropped} more", "correct these first", "error", "too_many", self._file)
            )
        return tuple(found)

    def _add(self, problem: Problem) -> None:
        if problem.severity == "error" and len(self._problems) >= MOST_PROBLEMS:
            self._make_room()
        if len(self._problems) >= MOST_PROBLEMS:
            self._dropped += 1
        else:
            self._problems.append(problem)

    def _make_room(self) -> None:
        """Warnings give way: however many there are, they never hide that a file is refused."""
        kept = [problem for problem in self._problems if problem.severity == "error"]
        self._dropped += len(self._problems) - len(kept)
        self._problems = kept


def path_of(*keys: str | int) -> str:
    """`targets.prod.constraints.dependsOn[0]`; a name that is not a plain word is quoted: `targets["eu (canary)"]`."""
    path = ""
    for key in keys:
        path = join(path, key)
    return path


def join(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _BARE_KEY.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{quoted(key)}]"


def quoted(text: str) -> str:
    """A text as a person may read it in a message: escaped, and short."""
    return json.dumps(text if len(text) <= _SHOWN else text[:_SHOWN] + "…", ensure_ascii=False)


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean …?`, or which words there are. Comparing is quadratic: long lists and words are cut."""
    words = list(known)[:_COMPARED]
    same = [one for one in words if one.casefold() == word.casefold()]
    close = same or difflib.get_close_matches(word[:_SHOWN], words, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"known: {', '.join(sorted(words)[:12])}" if words else ""
