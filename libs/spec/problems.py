"""What a person is told about a file: what is wrong, where, and what to write instead."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, get_args

from msgspec import Struct

from libs.spec.suggestion import suggestion

Severity = Literal["error", "warning"]

MOST_PROBLEMS = 100
_SHOWN = 60
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")


class Place(Struct, frozen=True, gc=False):
    """A position in a text (both from 1; 0 where there is none) and the path to what stands there."""

    line: int = 0
    column: int = 0
    path: str = ""


Places = Mapping[str, Place]
"""By path."""


class Problem(Struct, frozen=True):
    line: int
    column: int
    path: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    code: str = ""
    file: str = ""
    """The manifest file that line and column count in; empty: the deployment file."""

    def text(self, file: str = "") -> str:
        """One line for a terminal; `file` is what the deployment file is called."""
        name = self.file or file
        where = ":".join([name] * bool(name) + [str(self.line), str(self.column)] * bool(self.line))
        words = [where, self.path, "warning" if self.severity == "warning" else "", self.message]
        return ": ".join(word for word in words if word) + (f" ({self.hint})" if self.hint else "")


class Origin(Struct, frozen=True):
    """Where a text comes from: its file, and for a text within that file, where it starts and the path to it."""

    file: str = ""
    line: int = 1
    column: int = 1
    path: str = ""

    def moved(self, line: int, column: int) -> tuple[int, int]:
        return (line + self.line - 1, column + self.column - 1) if line else (self.line, self.column)


class Softened:
    """What became of the errors of a part that may be broken."""

    is_broken = False


class Report:
    """Collects the problems of one text; what passes the limit is counted, not kept."""

    def __init__(self, origin: Origin | None = None) -> None:
        self._origin = origin or Origin()
        self._problems: list[Problem] = []
        self._dropped = 0
        self._suggestions = 0
        self._soft: Softened | None = None

    @property
    def is_soft(self) -> bool:
        return self._soft is not None

    @contextmanager
    def softly(self, soft: bool) -> Iterator[Softened]:
        """Where `soft`, what is reported inside stops nothing: errors only warn, and warnings are not worth a line."""
        softened, before = Softened(), self._soft
        self._soft = softened if soft else before
        try:
            yield softened
        finally:
            self._soft = before

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == "error" for problem in self._problems)

    def error(self, place: Place, code: str, message: str, hint: str = "") -> None:
        if self._soft is None:
            self._add(place, code, (message, hint), "error")
        else:
            self._soft.is_broken = True
            self._add(place, code, (f"{message}; nothing uses it, so it is passed over", hint), "warning")

    def warn(self, place: Place, code: str, message: str, hint: str = "") -> None:
        if self._soft is None:
            self._add(place, code, (message, hint), "warning")

    def problems(self) -> tuple[Problem, ...]:
        """In the file's order."""
        found = sorted(self._problems, key=lambda problem: (problem.line, problem.column))
        if self._dropped:
            message = f"{self._dropped} more problems"
            found.append(Problem(0, 0, "", message, "correct these first", "error", "too_many", self._origin.file))
        return tuple(found)

    def suggestion(self, word: str, known: Iterable[str]) -> str:
        """What may have been meant; comparing is slow, so there is an end to it."""
        self._suggestions += 1
        return suggestion(word, known) if self._suggestions <= MOST_PROBLEMS else ""

    def _add(self, place: Place, code: str, words: tuple[str, str], severity: Severity) -> None:
        if severity == "error" and len(self._problems) >= MOST_PROBLEMS:
            self._make_room()
        if len(self._problems) >= MOST_PROBLEMS:
            self._dropped += 1
            return
        path = ".".join(filter(None, (self._origin.path, place.path)))
        self._problems.append(Problem(place.line, place.column, path, *words, severity, code, self._origin.file))

    def _make_room(self) -> None:
        """Warnings give way: however many there are, they never hide that a file is refused."""
        kept = [problem for problem in self._problems if problem.severity == "error"]
        self._dropped += len(self._problems) - len(kept)
        self._problems = kept


def counted(problems: Iterable[Problem]) -> str:
    """`2 errors and 1 warning`, without what there is none of."""
    found = Counter(problem.severity for problem in problems)
    return " and ".join(f"{found[one]} {one}{'s' * (found[one] > 1)}" for one in get_args(Severity) if found[one])


def place_of(places: Places, path: str) -> Place:
    """Where a path's value stands; for what the text does not hold, the path alone."""
    return places.get(path) or Place(path=path)


def path_of(*keys: str | int) -> str:
    """`targets.prod.constraints.dependsOn[0]`; a name that is not a plain word is quoted: `targets["eu (canary)"]`."""
    return join("", *keys)


def join(path: str, *keys: str | int) -> str:
    for key in keys:
        if isinstance(key, int):
            path = f"{path}[{key}]"
        elif _BARE_KEY.fullmatch(key):
            path = f"{path}.{key}" if path else key
        else:
            path = f"{path}[{quoted(key)}]"
    return path


def quoted(text: str) -> str:
    """A text as a person may read it in a message: escaped, and short."""
    return json.dumps(text if len(text) <= _SHOWN else text[:_SHOWN] + "…", ensure_ascii=False)
