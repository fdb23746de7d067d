"""Looking at deployments and deciding about them."""

import re
from urllib.parse import urlencode

from msgspec import Struct
from rich.table import Table
from rich.text import Text

from cli.exits import Exit, Stop
from cli.output import Output
from cli.program import program
from cli.server.client import Client
from cli.showing.explain import explained, told
from cli.showing.tree import tree
from libs.api.request import Decision
from libs.api.view import Decided, DeploymentList, DeploymentView
from libs.runtime.clock import SystemClock

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_DONE = {
    "approve": "approved",
    "reject": "rejected",
    "pause": "held; what is being done is done to its end",
    "resume": "let go on",
    "advance": "gone on",
    "abort": "aborting; targets are being returned",
    "rollback": "the target is being returned",
}


class Page(Struct, frozen=True):
    application: str = ""
    phase: str = ""
    limit: int = 20
    cursor: str = ""
    by: str = ""
    since: str = ""

    @property
    def query(self) -> str:
        given = {
            "application": self.application,
            "phase": self.phase,
            "cursor": self.cursor,
            "by": self.by,
            "since": self.since,
        }
        return urlencode({"limit": self.limit} | {name: value for name, value in given.items() if value})


async def found(client: Client, deployment: str) -> str:
    """The deployment that is meant: the one named, else the only one under way, else the newest."""
    if deployment:
        if not _ID.fullmatch(deployment):
            raise Stop(Exit.WRONG, f"{deployment!r} is not the id of a deployment", "fairlead deploy list shows them")
        return deployment
    active = await client.get(f"/deployments?{Page(phase='active', limit=5).query}", DeploymentList)
    if len(active.deployments) > 1:
        lines = (f"{one.id}  {one.application}  {one.phase}" for one in active.deployments)
        raise Stop(Exit.WRONG, "several deployments are under way; name one", *lines)
    newest = active if active.deployments else await client.get("/deployments?limit=1", DeploymentList)
    if not newest.deployments:
        raise Stop(Exit.FAILED, "there is no deployment yet", "start one: fairlead deploy start -f FILE")
    return newest.deployments[0].id


async def status(client: Client, output: Output, deployment: str) -> Exit:
    """The exit code tells a script whether it failed; one under way is no failure."""
    view = await client.get(f"/deployments/{await found(client, deployment)}", DeploymentView)
    output.result(view, tree(view, SystemClock().now()))
    return Exit.FAILED if view.phase in ("failed", "cancelled") else Exit.DONE


async def explain(client: Client, output: Output, deployment: str) -> Exit:
    view = await client.get(f"/deployments/{await found(client, deployment)}", DeploymentView)
    reasons = explained(view, SystemClock().now())
    output.result({"id": view.id, "phase": view.phase, "reasons": reasons}, "\n".join(told(one) for one in reasons))
    return Exit.DONE


async def list_deployments(client: Client, output: Output, page: Page) -> Exit:
    listed = await client.get(f"/deployments?{page.query}", DeploymentList)
    output.result(listed, _table(listed))
    if listed.cursor and output.format == "text":
        output.note(f"more: {program()} deploy list --cursor {listed.cursor}")
    return Exit.DONE


async def decide(client: Client, output: Output, deployment: str, order: tuple[str, Decision]) -> Exit:
    verb, decision = order
    meant = await found(client, deployment)
    decided = await client.post(f"/deployments/{meant}/{verb}", decision, Decided)
    if decided.state == "done":
        output.result(decided, _DONE[verb])
        return Exit.DONE
    output.result(decided, "sent; its effect is not seen yet")
    output.note(f"see what came of it: {program()} deploy status {meant}")
    return Exit.DONE


def _table(listed: DeploymentList) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "APPLICATION", "PHASE", "STARTED (UTC)", "BY", "REASON"):
        table.add_column(name, no_wrap=name != "REASON")
    for one in listed.deployments:
        started = f"{one.started_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(one.id, Text(one.application), one.phase, started, Text(one.by), Text(one.reason))
    return table
