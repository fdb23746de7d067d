"""Where histories come from: a page of docs/transcripts that is played, or a plane that runs."""

from collections.abc import AsyncIterator
from pathlib import Path

from libs.bus import reader
from libs.bus.connection import connect
from libs.durable.ports import Stored
from libs.runtime.clock import system_random
from tests.integration.crash.skipping import run
from tests.integration.transcripts.acts import act
from tests.integration.transcripts.page import Console, File, parts
from tests.integration.transcripts.stage import stages

KEPT = ("cmd.", "evt.", "state.", "due.")
PAGES = Path(__file__).parents[2] / "docs" / "transcripts"


def played(page: str) -> list[Stored]:
    """Everything that the services store while a page is told."""
    return run(_played((PAGES / "README.md").read_text() + "\n", (PAGES / page).read_text()))


async def found(url: str, deployment: str) -> list[Stored]:
    """Everything that a plane stores of one deployment."""
    filters = [f"*.*.*.*.*.{deployment}.*", f"state.*.*.*.{deployment}.*", f"due.*.*.*.*.{deployment}.*.*"]
    async with connect([url], "histories", system_random()) as connection:
        return await _kept(reader.history(connection, filters, 0))


async def _kept(history: AsyncIterator[Stored]) -> list[Stored]:
    return [stored async for stored in history if stored.subject.startswith(KEPT)]


async def _played(shared: str, text: str) -> list[Stored]:
    files: dict[str, str] = {part.name: part.text for part in parts(shared) if isinstance(part, File)}
    async with stages() as stage:
        for part in parts(text):
            match part:
                case File(name="outside.yml", text=body):
                    stage.outside.learn(body)
                case File(name=name, text=body):
                    files[name] = body
                case Console(commands=commands):
                    for command in commands:
                        await act(stage, files, command)
        await stage.plane.settled()
        return await _kept(stage.plane.store.history([">"]))
