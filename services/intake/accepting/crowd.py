"""How many starts are worked on at once: more would only make each of them slower, and memory go."""

from collections.abc import Iterator
from contextlib import contextmanager

from libs.runtime.problem import Problem


class Crowd:
    def __init__(self, most: int) -> None:
        self._room = most

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Be one of them; a `Problem` where there are enough."""
        if not self._room:
            raise Problem(429, "too many starts at once: try again", headers={"Retry-After": "1"})
        self._room -= 1
        try:
            yield
        finally:
            self._room += 1
