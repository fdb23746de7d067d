"""Says each chapter and does what a person would type in it."""

import asyncio
import os
from pathlib import Path

from cli.commands.wanted import Wanted
from cli.demo.history import expect
from cli.demo.person import Look, Person
from cli.demo.place import Place
from cli.deploying.starting import start
from cli.exits import Exit, Stop
from cli.output import Output
from cli.server.client import Client


class Teller:
    def __init__(self, client: Client, output: Output, place: Place) -> None:
        self.client = client
        self.output = output
        self.place = place
        self._typed_in = Path.cwd()
        self._chapters = 0
        self._deployments = 0

    def chapter(self, text: str) -> None:
        self._chapters += 1
        title(self.output, f"{self._chapters}. {text}")

    def enter(self, folder: Path) -> None:
        """Where files are named from, in what is shown as typed."""
        self.typed(f"cd {folder}")
        self._typed_in = folder

    def typed_path(self, name: str) -> str:
        """A file of the examples, as a person there would type it."""
        short = os.path.relpath(self.place.folder / name, self._typed_in)
        return str(self.place.folder / name) if short.startswith("..") else short

    def typed(self, command: str) -> None:
        self.output.line(f"$ {command}")

    def say(self, text: str) -> None:
        title(self.output, text)

    async def deploy(self, name: str, *context: str) -> Exit:
        file, added = str(self.place.folder / name), ",".join(context)
        self.typed(f"fairlead deploy start -f {self.typed_path(name)}{f' --add-context {added}' * bool(added)} --watch")
        self._deployments += 1
        wanted = Wanted(file=file, add_context=(added,) if added else ())
        try:
            following = (True, self.place.seconds)
            return await start(self.client, self.output, wanted, f"demo-{self._deployments}", following)
        except Stop as stop:
            expect(stop.code is not Exit.TIMEOUT, f"{name} was not done within {self.place.seconds:.0f} s")
            raise

    async def deploy_with_approval(self, name: str, by: Client | None = None, look: Look | None = None) -> Exit:
        """`by`: whose approval it is; left out, that of whoever plays."""
        person = Person(self.client, by or self.client, self.output, look)
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(person.approve_when_asked())
            ended = await self.deploy(name)
            asked.cancel()
        expect(person.has_approved, f"{name} waits for a person")
        return ended


def title(output: Output, text: str) -> None:
    output.console.print(f"\n{text}", style="bold", markup=False)
