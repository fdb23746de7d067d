"""What was done to the installation and what it said, in the order of time."""

import asyncio
from collections import Counter

from msgspec import Struct


class Line(Struct, frozen=True):
    at: float
    """Seconds since the run began."""
    who: str
    what: str


class Story:
    def __init__(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self.lines: list[Line] = []
        self.kills: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        """Everything but kills, by its kind."""
        self._more = asyncio.Event()

    async def has_killed(self, number: int) -> None:
        while self.kills.total() < number:
            self._more.clear()
            await self._more.wait()

    @property
    def seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    def tell(self, who: str, what: str) -> None:
        self.lines.append(Line(self.seconds, who, what))

    def killed(self, kind: str, name: str) -> None:
        self.kills[kind] += 1
        self.tell("kill -9", f"{name} ({kind})")
        self._more.set()

    def struck(self, kind: str, what: str) -> None:
        self.faults[kind] += 1
        self.tell(kind, what)

    def text(self) -> str:
        return "\n".join(f"{line.at:7.2f}  {line.who:<12} {line.what}" for line in self.lines)
