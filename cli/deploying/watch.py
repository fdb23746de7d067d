"""Watching a deployment to its end: a tree that redraws itself on a terminal, a line for each fact in a pipe."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace
from rich.console import Console, RenderableType
from rich.live import Live

from cli.deploying.follow import Follow
from cli.exits import Exit, Stop
from cli.output import Output
from cli.program import command
from cli.server.client import Client
from cli.showing.awaited import awaited_words, decision_command
from cli.showing.pods import MOST_PODS
from cli.showing.story import Story
from cli.showing.tree import tree
from libs.api.stream import Frame
from libs.api.view import DeploymentView, EventView, LiveView
from libs.messages.live import LiveTarget
from libs.runtime.clock import SystemClock

BEGINNING = "0"
_REDRAWS_A_SECOND = 4


async def watch(client: Client, output: Output, deployment: str, timeout: float | None = None) -> Exit:
    """Follow to the end, print the result, and say how it ended."""
    output.go_on = f"follow it again: {command('deploy', 'watch', deployment)}"
    try:
        async with asyncio.timeout(timeout):
            view = await (_redraw(client, output, deployment) if output.is_live else _tell(client, output, deployment))
    except TimeoutError:
        if output.format != "text":
            output.result(await client.get(f"/deployments/{deployment}", DeploymentView), "")
        raise Stop(Exit.TIMEOUT, f"not done after {timeout:g} s; the deployment goes on", output.go_on) from None
    if output.format != "text":
        output.result(view, "")
    return Exit.DONE if view.phase == "succeeded" else Exit.FAILED


def ending(view: DeploymentView) -> str:
    reason = f": {view.reason}" if view.reason else ""
    return f"{view.application} {view.phase}{reason}"


async def _redraw(client: Client, output: Output, deployment: str) -> DeploymentView:
    """The terminal shows the whole tree; what is seen of pods comes between the committed views."""
    clock = SystemClock()
    view = await client.get(f"/deployments/{deployment}", DeploymentView)

    def drawn() -> RenderableType:
        return fitting(output.console, view, clock.now())

    with Live(console=output.console, get_renderable=drawn, refresh_per_second=_REDRAWS_A_SECOND):
        async with aclosing(Follow(client, deployment, say=output.console.print).frames()) as frames:
            async for frame in frames:
                view = seen(view, frame)
        view = await client.get(f"/deployments/{deployment}", DeploymentView)
    return view


async def _tell(client: Client, output: Output, deployment: str) -> DeploymentView:
    """A pipe gets the history from its beginning, a line for each fact; the last line says how it ended."""
    teller = Teller(output)
    async with aclosing(Follow(client, deployment, BEGINNING, output.note).frames()) as frames:
        async for frame in frames:
            teller.tell(frame)
    view = await client.get(f"/deployments/{deployment}", DeploymentView)
    if not teller.story.has_ended and output.format == "text":
        output.line(ending(view))
    return view


def fitting(console: Console, view: DeploymentView, now: datetime) -> RenderableType:
    """The tree with as many pods as the screen has room for."""
    pictures = (tree(view, now, pods) for pods in (MOST_PODS, 2, 0))
    smallest: RenderableType = ""
    for smallest in pictures:
        if len(console.render_lines(smallest)) <= console.height:
            break
    return smallest


class Teller:
    """Says what happens, line by line, and once of everything that waits for a person which command goes on."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.story = Story()
        self._asked: frozenset[str] = frozenset()

    def tell(self, frame: Frame) -> None:
        if frame.event == "event":
            event = msgspec.json.decode(frame.data, type=EventView)
            if said := self.story.told(event):
                self._output.line(f"{stamp(event.at)}  {said}")
        elif frame.event in ("view", "snapshot"):
            self._ask(msgspec.json.decode(frame.data, type=DeploymentView))

    def _ask(self, view: DeploymentView) -> None:
        commands = {decision_command("approve", view, one): awaited_words(one) for one in view.awaiting}
        for typed, words in commands.items():
            if typed not in self._asked:
                self._output.note(f"{words}: {typed}")
        self._asked = frozenset(commands)


def stamp(at: datetime) -> str:
    """The whole of it, in UTC: a log outlives its day."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def seen(view: DeploymentView, frame: Frame) -> DeploymentView:
    """The view after one more frame. Pure."""
    match frame.event:
        case "snapshot" | "view":
            return msgspec.json.decode(frame.data, type=DeploymentView)
        case "live":
            return _with_live(view, msgspec.json.decode(frame.data, type=LiveTarget))
        case _:
            return view


def _with_live(view: DeploymentView, live: LiveTarget) -> DeploymentView:
    shown = LiveView(at=live.at, workloads=live.workloads, agent_away_since=live.agent_away_since)
    targets = tuple(
        replace(target, live=shown) if target.name == live.target and not _is_older(live.at, target.live) else target
        for target in view.targets
    )
    return replace(view, targets=targets)


def _is_older(at: datetime, known: LiveView | None) -> bool:
    return known is not None and at < known.at
