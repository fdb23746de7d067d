"""Looking at deployments and deciding about them."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from cli.deploying.meant import found
from cli.exits import Exit, Stop
from cli.output import Output
from cli.program import command
from cli.server.client import Client
from cli.showing.explain import explained, told
from cli.showing.listing import table
from cli.showing.tree import tree
from libs.api.request import Decision
from libs.api.view import Decided, DeploymentList, DeploymentView
from libs.runtime.clock import SystemClock
from libs.spec.problems import quoted

PAGE = 20
_SPAN = re.compile(r"([0-9]{1,5})([smhd])")
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DONE = {
    "approve": "approved",
    "reject": "rejected",
    "pause": "held; what is being done is done to its end",
    "resume": "let go on",
    "advance": "gone on",
    "abort": "aborting; targets are being returned",
    "rollback": "being returned",
    "abandon": "given up; see that its cluster is as it should be",
}


class Page(Struct, frozen=True):
    application: str = ""
    phase: str = ""
    limit: int = PAGE
    cursor: str = ""
    by: str = ""
    since: str = ""
    id: str = ""
    """How it begins."""

    @property
    def query(self) -> str:
        given = {
            "application": self.application,
            "phase": self.phase,
            "cursor": self.cursor,
            "by": self.by,
            "since": self.since,
            "id": self.id,
        }
        return urlencode({"limit": self.limit} | {name: value for name, value in given.items() if value})

    def next_page(self, cursor: str) -> list[str]:
        """What to type for the same list further on."""
        given = {
            "-n": self.application,
            "--phase": self.phase,
            "--by": self.by,
            "-i": self.id,
            "--since": self.since,
            "--limit": "" if self.limit == PAGE else str(self.limit),
            "--cursor": cursor,
        }
        return ["deploy", "list", *(word for option, value in given.items() if value for word in (option, value))]


async def status(client: Client, output: Output, deployment: str) -> Exit:
    """The exit code tells a script whether it failed; one under way is no failure."""
    view = await client.get(f"/deployments/{await found(client, deployment)}", DeploymentView)
    output.result(view, tree(view, SystemClock().now()))
    return Exit.FAILED if view.phase in ("failed", "cancelled") else Exit.DONE


async def explain(client: Client, output: Output, deployment: str) -> Exit:
    meant = await found(client, deployment, "explain")
    view = await client.get(f"/deployments/{meant}", DeploymentView)
    reasons = explained(view, SystemClock().now())
    output.result({"id": view.id, "phase": view.phase, "reasons": reasons}, "\n".join(told(one) for one in reasons))
    return Exit.DONE


def moment(since: str, now: datetime) -> str:
    """A span such as `90m` or `2d` counts back from now; a time is for the server to read."""
    span = _SPAN.fullmatch(since)
    if span is None and since and not _is_time(since):
        raise Stop(Exit.WRONG, f"--since takes 90m, 1h, 2d, or a time like 2026-05-01T12:00:00Z, not {quoted(since)}")
    return (now - int(span[1]) * _UNITS[span[2]]).isoformat() if span else since


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


async def list_deployments(client: Client, output: Output, page: Page) -> Exit:
    asked = replace(page, since=moment(page.since, SystemClock().now()))
    listed = await client.get(f"/deployments?{asked.query}", DeploymentList)
    output.result(listed, table(listed, output.console.width))
    if listed.cursor and output.format == "text":
        output.note(f"more: {command(*asked.next_page(listed.cursor))}")
    return Exit.DONE


async def decide(client: Client, output: Output, deployment: str, order: tuple[str, Decision]) -> Exit:
    verb, decision = order
    meant = await found(client, deployment, verb)
    decided = await client.post(f"/deployments/{meant}/{verb}", decision, Decided)
    about = f"target {decided.target} of deployment {meant}" if decided.target else f"deployment {meant}"
    if decided.state == "done":
        output.result(decided, f"{about}: {_DONE[verb]}")
        return Exit.DONE
    output.result(decided, f"{about}: sent; its effect is not seen yet")
    output.note(f"see what came of it: {command('deploy', 'status', meant)}")
    return Exit.DONE
