"""Agents, as a table and as new credentials."""

from urllib.parse import quote

from rich.table import Table
from rich.text import Text

from cli.exits import Exit, Stop
from cli.output import Output
from cli.server.client import Client, decoded
from libs.api.request import NewAgent
from libs.api.view import AgentCreated, AgentDeleted, AgentList


async def list_agents(client: Client, output: Output) -> Exit:
    listed = await client.get("/agents", AgentList)
    output.result(listed, _table(listed))
    return Exit.DONE


async def show_agent(client: Client, output: Output, name: str) -> Exit:
    listed = await client.get("/agents", AgentList)
    found = tuple(one for one in listed.agents if one.name == name)
    if not found:
        known = ", ".join(one.name for one in listed.agents) or "none"
        raise Stop(Exit.FAILED, f"no agent is registered as {name}", f"registered agents: {known}")
    output.result(found[0], _table(AgentList(found)))
    return Exit.DONE if found[0].connected else Exit.FAILED


async def create_agent(client: Client, output: Output, name: str) -> Exit:
    made = await client.post("/agents", NewAgent(name), AgentCreated)
    output.result(made, f"FAIRLEAD_AGENT_CLIENT_ID={made.client_id}\nFAIRLEAD_AGENT_CLIENT_SECRET={made.client_secret}")
    output.note("the secret is shown this once; start the agent with these two settings")
    return Exit.DONE


async def delete_agent(client: Client, output: Output, name: str, *, is_forced: bool) -> Exit:
    force = "?force=true" if is_forced else ""
    answer = await client.delete(f"/agents/{quote(name, safe='')}{force}")
    done = decoded(answer, AgentDeleted, client.place.server)
    output.result(done, f"deleted {name}; {done.client_id} gets no more tokens")
    if done.connected:
        output.note("it is connected until the token that it has expires: stop it", "yellow")
    return Exit.DONE


def _table(listed: AgentList) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("NAME", "STATE", "SINCE (UTC)", "VERSION"):
        table.add_column(name, no_wrap=True)
    for one in listed.agents:
        since = f"{one.since:%Y-%m-%d %H:%M:%S}" if one.since else ""
        state = Text("connected", "green") if one.connected else Text("away", "yellow")
        table.add_row(Text(one.name), state, since, one.version)
    return table
