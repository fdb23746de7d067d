"""`fairlead credential …`: ways in for machines."""

from typing import Annotated

from cyclopts import App, Parameter

from cli.commands.running import run
from cli.exits import Exit
from cli.options import DEFAULTS, Options
from cli.output import Output
from cli.server.client import Client

Id = Annotated[str, Parameter(help="As `fairlead credential list` shows it.")]
Roles = Annotated[
    list[str],
    Parameter(name=["--role", "-r"], negative="", help="deployer, viewer, admin or your own; repeat it."),
]

app = App(name="credential", help="Give machines such as CI a way in.")


@app.command(name="list")
def list_(*, options: Options = DEFAULTS) -> int:
    """List every credential, agents' included, with its roles.

    Example: fairlead credential list
    """
    from cli.server.credentials import list_credentials

    return run(options, list_credentials)


@app.command
def create(
    name: Annotated[str, Parameter(help="What it is for, such as ci.")], *, role: Roles, options: Options = DEFAULTS
) -> int:
    """Make a credential and print its secret, once.

    Example: fairlead credential create ci --role deployer
    """
    from cli.server.credentials import create_credential

    async def created(client: Client, output: Output) -> Exit:
        return await create_credential(client, output, name, tuple(role))

    return run(options, created)


@app.command(name="roles")
def roles_(client_id: Id, *, role: Roles, options: Options = DEFAULTS) -> int:
    """Give a credential these roles instead of those it has.

    Example: fairlead credential roles machine.main.ci --role deployer --role sre
    """
    from cli.server.credentials import give_roles

    async def given(client: Client, output: Output) -> Exit:
        return await give_roles(client, output, client_id, tuple(role))

    return run(options, given)


@app.command
def delete(client_id: Id, *, options: Options = DEFAULTS) -> int:
    """Take a credential's right to new tokens away.

    Example: fairlead credential delete machine.main.ci
    """
    from cli.server.credentials import delete_credential

    async def deleted(client: Client, output: Output) -> Exit:
        return await delete_credential(client, output, client_id)

    return run(options, deleted)
