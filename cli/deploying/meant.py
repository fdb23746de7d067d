"""Which deployment a person means: by its id, the beginning of it, or what is under way."""

import re

from cli.exits import Exit, Stop
from cli.program import command
from cli.server.client import Client
from libs.api.view import DeploymentList, DeploymentSummary, DeploymentView

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_WHOLE = 36
_LEAST = 3
_SHOWN = "fairlead deploy list shows them"
_ACTIVE = 20
_ASKING = frozenset({"approve", "reject", "explain"})
"""What is typed because something waits for a person."""


async def found(client: Client, deployment: str, verb: str = "status") -> str:
    """The deployment that is meant: the one named, else the only one under way, else the newest.

    `verb` is the command it is meant for, which decides between several, or is shown for each of them.
    """
    if deployment:
        return await _named(client, deployment)
    active = await client.get(f"/deployments?phase=active&limit={_ACTIVE}", DeploymentList)
    if len(active.deployments) > 1:
        return await _of_several(client, active.deployments, verb)
    newest = active if active.deployments else await client.get("/deployments?limit=1", DeploymentList)
    if not newest.deployments:
        raise Stop(Exit.FAILED, "there is no deployment yet", "start one: fairlead deploy start -f FILE")
    return newest.deployments[0].id


async def _named(client: Client, given: str) -> str:
    if not _ID.fullmatch(given):
        raise Stop(Exit.WRONG, f"{given!r} is not the id of a deployment", _SHOWN)
    if len(given) < _LEAST:
        raise Stop(Exit.WRONG, f"{given!r} is too short for an id: {_LEAST} characters are needed", _SHOWN)
    if len(given) >= _WHOLE:
        return given
    # The server knows every id, and says which it could be where several begin so.
    return (await client.get(f"/deployments/{given}", DeploymentView)).id


async def _of_several(client: Client, active: tuple[DeploymentSummary, ...], verb: str) -> str:
    several = list(active)
    if verb in _ASKING:
        views = [await client.get(f"/deployments/{one.id}", DeploymentView) for one in active]
        asking = {view.id for view in views if view.awaiting}
        several = [one for one in active if one.id in asking] or several
    if len(several) > 1:
        raise Stop(Exit.WRONG, "several deployments are under way; name one", *_commands(several, verb))
    return several[0].id


def _commands(several: list[DeploymentSummary], verb: str) -> list[str]:
    shown = [f"{command('deploy', verb, one.id)}  # {one.application}, {one.phase}" for one in several[:_ACTIVE]]
    return [*shown, *([f"… and {len(several) - _ACTIVE} more"] if len(several) > _ACTIVE else [])]
