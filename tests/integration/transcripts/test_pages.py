"""Every page of docs/transcripts tells what happens. `FAIRLEAD_WRITE=1` writes what happens into the pages."""

import os
from pathlib import Path

import pytest

from tests.integration.crash.skipping import run
from tests.integration.transcripts.acts import act
from tests.integration.transcripts.page import Console, File, pages, parts, written
from tests.integration.transcripts.stage import stages

FOLDER = Path(__file__).parents[3] / "docs" / "transcripts"
PAGES = pages(FOLDER)


async def told(text: str) -> str:
    files: dict[str, str] = {}
    consoles: list[tuple[Console, str]] = []
    async with stages() as stage:
        for part in parts((FOLDER / "README.md").read_text() + "\n"):
            if isinstance(part, File):
                files[part.name] = part.text
        for part in parts(text):
            match part:
                case File(name="outside.yml", text=body):
                    stage.outside.learn(body)
                case File(name=name, text=body):
                    files[name] = body
                case Console(commands=commands):
                    lines = [
                        line for command in commands for line in (f"$ {command}", *await act(stage, files, command))
                    ]
                    consoles.append((part, "".join(f"{line}\n" for line in lines)))
    return written(text, consoles)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_tells_what_happens(page: Path) -> None:
    text = page.read_text()
    happened = run(told(text))
    if os.environ.get("FAIRLEAD_WRITE"):
        page.write_text(happened)
    assert page.read_text() == happened
    assert "\n$ " in happened, "a page without a command tells nothing"
