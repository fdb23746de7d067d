"""Which names a file uses and which it defines, noted while its tree is walked."""

from collections import defaultdict
from typing import Literal, get_args

Kind = Literal["strategy", "webhook", "query"]

PLURALS = {"strategy": "strategies", "webhook": "webhooks", "query": "queries"}
assert set(PLURALS) == set(get_args(Kind)), "each kind of name has its plural"


class Names:
    """`used` and `defined` by kind, then by name."""

    def __init__(self) -> None:
        self.used: dict[str, dict[str, list[str]]] = defaultdict(dict)
        """The paths where a name is used."""
        self.defined: dict[str, dict[str, str]] = defaultdict(dict)
        """The path of what a name stands for; of two with one name, the first."""

    def use(self, kind: str, name: str, path: str) -> None:
        self.used[kind].setdefault(name, []).append(path)

    def is_used(self, kind: str, name: str) -> bool:
        return name in self.used[kind]

    def define(self, kind: str, name: str, path: str) -> bool:
        """Whether it is the first of its name."""
        return self.defined[kind].setdefault(name, path) == path
