"""What the stream says: facts as they come, for whoever strikes at them, and all of it at the end."""

import asyncio
import random
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from libs.bus import reader
from libs.bus.connection import connect
from libs.durable.ports import Stored
from libs.messages.subject import Parsed, parse
from tests.chaos.story import Story

_EVERYTHING = ["cmd.>", "evt.>", "state.>", "timer.>", "due.>"]
_TOLD = ("evt.deployment.", "evt.rollout.")


class Fact(Struct, frozen=True):
    subject: Parsed
    at: datetime


class Bus:
    """Follows every fact, straight from the nodes."""

    def __init__(self, urls: list[str], story: Story) -> None:
        self.facts: list[Fact] = []
        self._urls = urls
        self._story = story
        self._waiting: dict[asyncio.Future[Fact], str] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with connect(self._urls, "chaos", random.SystemRandom()) as connection:
            async for stored in reader.follow(connection, ["evt.>"], 0):
                self._heard(Fact(parse(stored.subject), stored.at))

    async def next(self, address: str, seconds: float) -> Fact | None:
        """The next fact of an address; None where none comes in time."""
        future: asyncio.Future[Fact] = asyncio.get_running_loop().create_future()
        self._waiting[future] = address
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(future, None)

    async def everything(self) -> list[Stored]:
        """All that the stream holds now, in its order."""
        async with connect(self._urls, "chaos-end", random.SystemRandom()) as connection:
            return [stored async for stored in reader.history(connection, _EVERYTHING, 0)]

    def longest_silence(self) -> float:
        """Seconds between two facts, at most."""
        stamps = [fact.at for fact in self.facts]
        gaps = ((after - before).total_seconds() for before, after in pairwise(stamps))
        return max(gaps, default=0)

    def _heard(self, fact: Fact) -> None:
        self.facts.append(fact)
        address = fact.subject.address
        if address.startswith(_TOLD):
            self._story.tell("fact", f"{address} {fact.subject.key.deployment[:13]}")
        for future, wanted in tuple(self._waiting.items()):
            if wanted == address and not future.done():
                future.set_result(fact)
