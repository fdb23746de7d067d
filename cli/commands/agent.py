"""`fairlead agent …`: which agents there are, registering one, and taking it away."""

from typing import Annotated

from cyclopts import App, Parameter

from cli.commands.running import run
from cli.exits import Exit
from cli.options import DEFAULTS, Options
from cli.output import Output
from cli.server.client import Client

app = App(name="agent", help="See, register and delete agents.")


@app.command(name="list")
def list_(*, options: Options = DEFAULTS) -> int:
    """List the registered agents and whether they are connected.

    Example: fairlead agent list
    """
    from cli.server.agents import list_agents

    return run(options, list_agents)


@app.command
def show(name: Annotated[str, Parameter(help="The agent's name.")], *, options: Options = DEFAULTS) -> int:
    """Show one agent; exit code 1 says that it is away.

    Example: fairlead agent show prod-eu
    """
    from cli.server.agents import show_agent

    return run(options, lambda client, output: show_agent(client, output, name))


@app.command
def create(
    name: Annotated[str, Parameter(help="What targets call their account.")], *, options: Options = DEFAULTS
) -> int:
    """Register an agent and print its credentials, once.

    Example: fairlead agent create prod-eu
    """
    from cli.server.agents import create_agent

    async def created(client: Client, output: Output) -> Exit:
        return await create_agent(client, output, name)

    return run(options, created)


@app.command
def delete(
    name: Annotated[str, Parameter(help="The agent's name.")],
    *,
    force: Annotated[
        bool, Parameter(name="--force", negative="", help="Even while it is connected or deployments need it.")
    ] = False,
    options: Options = DEFAULTS,
) -> int:
    """Take an agent's registration and credential away: no deployment can go to it any more.

    Example: fairlead agent delete prod-eu
    """
    from cli.server.agents import delete_agent

    async def deleted(client: Client, output: Output) -> Exit:
        return await delete_agent(client, output, name, is_forced=force)

    return run(options, deleted)
