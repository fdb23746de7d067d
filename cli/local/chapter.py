"""What the demonstration does besides deploying: a person's approval, the history, the clusters themselves."""

import asyncio
from contextlib import aclosing
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from cli.client import Client
from cli.exits import Exit, Stop
from cli.follow import Follow
from cli.output import Output
from cli.steering import Page
from cli.tree import awaited_words, decision_command
from cli.watch import BEGINNING
from libs.api.request import Decision
from libs.api.view import Decided, DeploymentList, DeploymentView, EventView

_THINKING_SECONDS = 2.0


def expect(is_so: bool, told: str) -> None:
    if not is_so:
        raise Stop(Exit.FAILED, f"the demonstration did not go as told: {told}")


class Chapter:
    """The person in the story."""

    def __init__(self, client: Client, output: Output) -> None:
        self._client = client
        self._output = output
        self.has_approved = False

    async def approve_when_asked(self) -> None:
        """The same call as `fairlead deploy approve`, after a moment's thought."""
        view = await self._asked()
        await asyncio.sleep(_THINKING_SECONDS)
        (one,) = view.awaiting
        if not self._output.is_live:
            self._output.line(f"$ {decision_command('approve', view, one)}    # {awaited_words(one)}")
        decision = Decision(target=one.target, stage=one.stage, step=one.step)
        await self._client.post(f"/deployments/{view.id}/approve", decision, Decided)
        self.has_approved = True

    async def _asked(self) -> DeploymentView:
        while True:
            for one in await _newest(self._client, Page(phase="active", limit=1)):
                view = await self._client.get(f"/deployments/{one}", DeploymentView)
                if view.awaiting:
                    return view
            await asyncio.sleep(0.3)


class History(Struct, frozen=True):
    events: tuple[EventView, ...]

    def place(self, target: str, verb: str) -> int:
        """Where in the history the target's first fact of this kind is; past the end where there is none."""
        places = (place for place, event in enumerate(self.events) if _is(event, target, verb))
        return next(places, len(self.events))

    def says(self, target: str, verb: str) -> bool:
        return self.place(target, verb) < len(self.events)

    def weights(self, target: str) -> list[int]:
        steps = (event.data["what"] for event in self.events if _is(event, target, "step-started"))
        return [step["weight"] for step in steps if isinstance(step, dict) and step.get("step") == "setWeight"]


async def read_back(client: Client) -> History:
    """Everything that was said about the newest deployment."""
    (newest,) = await _newest(client, Page(limit=1))
    events = []
    async with aclosing(Follow(client, newest, BEGINNING).frames()) as frames:
        async for frame in frames:
            if frame.event == "event":
                events.append(msgspec.json.decode(frame.data, type=EventView))
    return History(tuple(events))


async def images(cluster: str, namespace: str) -> list[tuple[str, int]]:
    """Which images have pods in a cluster, with how many are ready, from the cluster itself."""
    url = f"{cluster}/apis/apps/v1/namespaces/{namespace}/replicasets"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        found: list[dict[str, Any]] = (await response.json())["items"]
    return [
        (one["spec"]["template"]["spec"]["containers"][0]["image"], one.get("status", {}).get("readyReplicas", 0))
        for one in found
        if one["spec"].get("replicas") or one.get("status", {}).get("replicas")
    ]


async def _newest(client: Client, page: Page) -> list[str]:
    listed = await client.get(f"/deployments?{page.query}", DeploymentList)
    return [one.id for one in listed.deployments]


def _is(event: EventView, target: str, verb: str) -> bool:
    return event.type.endswith(f".{verb}") and event.data.get("target") == target
