"""Client credentials, as a table and as new secrets."""

from collections.abc import Iterable
from urllib.parse import quote

from rich.table import Table

from cli.exits import Exit, Stop
from cli.output import Output
from cli.program import program
from cli.server.client import Client
from libs.api.client import CredentialList, CredentialMade, CredentialView, NewCredential, NewRoles
from libs.api.config import ConfigView

SYSTEM_ROLES = ("admin", "deployer", "viewer", "agent")
_ORIGINAL = ("organization admin", "deployments full access", "remote network agent")


async def list_credentials(client: Client, output: Output) -> Exit:
    listed = await client.get("/clients", CredentialList)
    output.result(listed, _table(listed))
    return Exit.DONE


async def create_credential(client: Client, output: Output, name: str, roles: tuple[str, ...]) -> Exit:
    made = await client.post("/clients", NewCredential(name, roles), CredentialMade)
    output.result(made, f"clientId={made.client_id}\nclientSecret={made.client_secret}")
    output.note(f"the secret is shown this once. A person: {program()} login -c {made.client_id}")
    output.note("CI: set FAIRLEAD_SERVER, FAIRLEAD_CLIENT_ID and FAIRLEAD_CLIENT_SECRET")
    await _warn(client, output, roles)
    return Exit.DONE


async def give_roles(client: Client, output: Output, client_id: str, roles: tuple[str, ...]) -> Exit:
    changed = await client.put(f"/clients/{quote(client_id, safe='')}/roles", NewRoles(roles), CredentialView)
    output.result(changed, f"{changed.id} has the roles {', '.join(changed.roles)}; earlier tokens keep theirs")
    await _warn(client, output, roles)
    return Exit.DONE


async def delete_credential(client: Client, output: Output, client_id: str) -> Exit:
    await client.delete(f"/clients/{quote(client_id, safe='')}")
    output.result({"deleted": client_id}, f"deleted {client_id}; tokens it has go on until they expire")
    return Exit.DONE


async def _warn(client: Client, output: Output, roles: tuple[str, ...]) -> None:
    """A role may be configured later; but a slip of the pen would only be found when something is refused."""
    try:
        view = await client.get("/config", ConfigView)
    except Stop:
        return  # who may not read the configuration is not told of it
    for line in unknown_roles(roles, [one.name for one in view.config.roles]):
        output.note(line, "yellow")


def unknown_roles(given: Iterable[str], configured: Iterable[str]) -> list[str]:
    known = (*SYSTEM_ROLES, *configured)
    folded = {name.casefold() for name in (*known, *_ORIGINAL)}
    return [
        f"warning: there is no role {name} yet, so it allows nothing; known: {', '.join(known)}"
        for name in given
        if name.casefold() not in folded
    ]


def _table(listed: CredentialList) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "ROLES", "CREATED (UTC)", "BY"):
        table.add_column(name, no_wrap=True)
    for one in listed.clients:
        table.add_row(one.id, ", ".join(one.roles), f"{one.created_at:%Y-%m-%d %H:%M:%S}", one.created_by)
    return table
