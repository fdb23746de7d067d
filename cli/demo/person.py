"""The person in the story, who is asked and agrees."""

import asyncio
from collections.abc import Awaitable, Callable

from cli.demo.history import newest_ids
from cli.deploying.steering import Page
from cli.output import Output
from cli.server.client import Client
from cli.showing.awaited import awaited_words, decision_command
from libs.api.request import Decision
from libs.api.view import Decided, DeploymentView

THINKING_SECONDS = 2.0
_LOOKS_SECONDS = 0.3

Look = Callable[[], Awaitable[None]]


class Person:
    def __init__(self, client: Client, theirs: Client, output: Output, look: Look | None = None) -> None:
        """`theirs` is the way in that the person has."""
        self._client = client
        self._theirs = theirs
        self._output = output
        self._look = look
        self.has_approved = False

    async def approve_when_asked(self) -> None:
        """The same call as `fairlead deploy approve`, after a look and a moment's thought."""
        view = await self._asked()
        if self._look:
            await self._look()
        await asyncio.sleep(THINKING_SECONDS)
        (one,) = view.awaiting
        if not self._output.is_live:
            self._output.line(f"$ {decision_command('approve', view, one)}    # {awaited_words(one)}")
        decision = Decision(target=one.target, stage=one.stage, step=one.step, gate=one.gate)
        await self._theirs.post(f"/deployments/{view.id}/approve", decision, Decided)
        self.has_approved = True

    async def _asked(self) -> DeploymentView:
        while True:
            for one in await newest_ids(self._client, Page(phase="active", limit=1)):
                view = await self._client.get(f"/deployments/{one}", DeploymentView)
                if view.awaiting:
                    return view
            await asyncio.sleep(_LOOKS_SECONDS)
