"""What a person has: the command line, and what the API shows."""

import asyncio
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec

from libs.api.view import DeploymentView, TargetView
from tests.e2e.processes import FAIRLEAD, ROOT, environment
from tests.waiting import eventually

PATIENCE = 90.0
"""Seconds; generous, because the machine may be busy: no test asserts how long something takes."""

Document = TypeVar("Document")


class Person:
    def __init__(self, server: str, token: str) -> None:
        self.server = server
        self._token = token

    async def fairlead(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without holding up the test's own loop."""
        run = partial(
            subprocess.run,
            [FAIRLEAD, *words],
            cwd=ROOT,
            env=environment(SERVER=self.server, TOKEN=self._token) | {"COLUMNS": "400"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return await asyncio.to_thread(run)

    async def start(self, file: Path) -> str:
        """Start a deployment; its id."""
        done = await self.fairlead("deploy", "start", "-f", str(file), "-o", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        return str(msgspec.json.decode(done.stdout)["id"])

    async def deployed(self, file: Path) -> None:
        done = await self.fairlead("deploy", "start", "-f", str(file), "--watch", "--timeout", f"{PATIENCE - 10:.0f}")
        assert done.returncode == 0, done.stdout + done.stderr

    async def story(self, deployment: str) -> tuple[int, str]:
        """Everything that was said about a deployment, to its end, with the command's exit code."""
        done = await self.fairlead("deploy", "watch", "-i", deployment, "--timeout", f"{PATIENCE - 10:.0f}")
        return done.returncode, done.stdout + done.stderr

    async def view(self, deployment: str) -> DeploymentView | None:
        return await self.get(f"/deployments/{deployment}", DeploymentView)

    async def get(self, path: str, kind: type[Document]) -> Document | None:
        """None while the server is away."""
        url, headers = f"{self.server}/api/v1{path}", {"Authorization": f"Bearer {self._token}"}
        try:
            async with aiohttp.request("GET", url, headers=headers, timeout=aiohttp.ClientTimeout(5)) as response:
                if response.status != 200:
                    return None
                return msgspec.json.decode(await response.read(), type=kind)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    async def post(self, url: str, body: Any) -> int:
        """The status; 0 while the server is away."""
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with aiohttp.request(
                "POST", url, json=body, headers=headers, timeout=aiohttp.ClientTimeout(10)
            ) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    async def sees(self, deployment: str, what: Callable[[DeploymentView], bool]) -> DeploymentView:
        """Wait until it is so; what was last seen says why it never was."""
        last: DeploymentView | None = None

        async def is_so() -> bool:
            nonlocal last
            last = await self.view(deployment) or last
            return last is not None and what(last)

        try:
            await eventually(is_so, PATIENCE)
        except TimeoutError:
            raise AssertionError(f"it never came: {last}") from None
        assert last is not None
        return last


def target(view: DeploymentView, name: str) -> TargetView:
    return next(one for one in view.targets if one.name == name)


def weight(view: DeploymentView, name: str = "staging") -> int:
    """0 as well while no target is planned yet: a deployment is accepted before it has targets."""
    return next((one.rollout.weight for one in view.targets if one.name == name and one.rollout), 0)


def pauses(view: DeploymentView, name: str = "staging") -> bool:
    """Whether the target stands at the pause of its strategy."""
    steps = (step for one in view.targets if one.name == name for step in one.steps)
    return any(step.kind in ("pause", "approval") and step.state == "current" for step in steps)


def at_the_pause(view: DeploymentView) -> bool:
    return pauses(view) and weight(view) == 25


def on_the_way(view: DeploymentView) -> bool:
    """Staging is to have 50 %, and most of its pods are still to come."""
    return weight(view) == 50
