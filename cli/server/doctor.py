"""Whether everything is in order: server, services, clocks, token, agents; each line says ok, or what to do."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec
from msgspec import Struct

from cli.exits import Exit, Stop
from cli.output import Output
from cli.program import command
from cli.server.client import Client
from libs.api.view import AgentList, WhoAmI
from libs.runtime.clock import SystemClock

MOST_SKEW_SECONDS = 30


class Finding(Struct, frozen=True):
    what: str
    ok: bool
    said: str


class _Readiness(Struct, frozen=True):
    ready: bool = False
    reasons: Mapping[str, str] = {}


async def examine(client: Client, output: Output) -> Exit:
    found = [finding async for finding in _findings(client)]
    output.result(found, "\n".join(f"{'ok ' if one.ok else 'BAD'}  {one.what}: {one.said}" for one in found))
    return Exit.DONE if all(one.ok for one in found) else Exit.FAILED


async def _findings(client: Client) -> AsyncIterator[Finding]:
    try:
        date = await client.date()
    except Stop as stop:
        yield Finding("server", False, _spelled(stop))
        return
    yield Finding("server", True, client.place.server)
    yield readiness(await client.readiness())
    yield _clocks(date, SystemClock().now())
    try:
        who = await client.get("/whoami", WhoAmI)
    except Stop as stop:
        yield Finding("token", False, _spelled(stop))
        return
    roles = ", ".join(who.roles) or "without a role"
    yield Finding("token", True, f"{who.subject} in {who.tenant}, {roles}; by {client.access.origin}")
    try:
        yield _agents(await client.get("/agents", AgentList))
    except Stop as stop:
        yield Finding("agents", False, _spelled(stop))


def readiness(body: bytes) -> Finding:
    """A proxy may answer in the server's place, and in JSON too: what is not the server's own says nothing."""
    try:
        told = msgspec.json.decode(body, type=_Readiness)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        told = _Readiness()
    if not told.ready and not told.reasons:
        return Finding("services", True, "the server does not tell whether they are ready")
    return Finding("services", told.ready, "; ".join(told.reasons.values()) or "ready")


def _clocks(date: str, now: datetime) -> Finding:
    try:
        theirs = parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return Finding("clocks", True, "the server does not tell its time")
    skew = round((theirs - now).total_seconds())
    if abs(skew) <= MOST_SKEW_SECONDS:
        return Finding("clocks", True, f"{abs(skew)} s apart")
    return Finding("clocks", False, f"{abs(skew)} s apart; set this machine's or the server's clock (NTP)")


def _agents(listed: AgentList) -> Finding:
    away = [one.name for one in listed.agents if not one.connected]
    if not listed.agents:
        return Finding("agents", False, f"none is registered; {command('agent', 'create', 'NAME')}")
    if away:
        return Finding("agents", False, f"{', '.join(away)} away; start them, or look into their logs")
    return Finding("agents", True, f"{len(listed.agents)} connected")


def _spelled(stop: Stop) -> str:
    return "; ".join((stop.message, *stop.hints))
