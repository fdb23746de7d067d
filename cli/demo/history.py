"""What was said about a deployment, read back to see whether it went as told."""

from contextlib import aclosing

import msgspec
from msgspec import Struct

from cli.deploying.follow import Follow
from cli.deploying.steering import Page
from cli.deploying.watch import BEGINNING
from cli.exits import Exit, Stop
from cli.server.client import Client
from libs.api.view import DeploymentList, EventView


def expect(is_so: bool, told: str) -> None:
    if not is_so:
        raise Stop(Exit.FAILED, f"the demonstration did not go as told: {told}")


class History(Struct, frozen=True):
    events: tuple[EventView, ...]

    def place(self, target: str, verb: str, step: str = "") -> int:
        """Where in the history the target's first fact of this kind is; past the end where there is none."""
        places = (place for place, event in enumerate(self.events) if _is(event, target, verb, step))
        return next(places, len(self.events))

    def says(self, target: str, verb: str, step: str = "") -> bool:
        return self.place(target, verb, step) < len(self.events)

    def weights(self, target: str) -> list[int]:
        begun = (event.data["what"] for event in self.events if _is(event, target, "step-started", "setWeight"))
        return [step["weight"] for step in begun if isinstance(step, dict)]


async def read_back(client: Client) -> History:
    """Everything that was said about the newest deployment."""
    (newest,) = await newest_ids(client, Page(limit=1))
    events = []
    async with aclosing(Follow(client, newest, BEGINNING).frames()) as frames:
        async for frame in frames:
            if frame.event == "event":
                events.append(msgspec.json.decode(frame.data, type=EventView))
    return History(tuple(events))


async def newest_ids(client: Client, page: Page) -> list[str]:
    listed = await client.get(f"/deployments?{page.query}", DeploymentList)
    return [one.id for one in listed.deployments]


def _is(event: EventView, target: str, verb: str, step: str) -> bool:
    what = event.data.get("what")
    is_step = not step or (isinstance(what, dict) and what.get("step") == step)
    return event.type.endswith(f".{verb}") and event.data.get("target") == target and is_step
