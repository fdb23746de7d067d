"""Client credentials, as a table and as new secrets."""

from urllib.parse import quote

from rich.table import Table

from cli.exits import Exit
from cli.output import Output
from cli.program import command
from cli.server.client import Client
from libs.api.client import CredentialList, CredentialMade, CredentialView, NewCredential, NewRoles


async def list_credentials(client: Client, output: Output) -> Exit:
    listed = await client.get("/clients", CredentialList)
    output.result(listed, _table(listed))
    return Exit.DONE


async def create_credential(client: Client, output: Output, name: str, roles: tuple[str, ...]) -> Exit:
    made = await client.post("/clients", NewCredential(name, roles), CredentialMade)
    output.result(made, f"clientId={made.client_id}\nclientSecret={made.client_secret}")
    output.note(f"the secret is shown this once. A person: {command('login', '-c', made.client_id)}")
    output.note("CI: set FAIRLEAD_SERVER, FAIRLEAD_CLIENT_ID and FAIRLEAD_CLIENT_SECRET")
    return Exit.DONE


async def give_roles(client: Client, output: Output, client_id: str, roles: tuple[str, ...]) -> Exit:
    changed = await client.put(f"/clients/{quote(client_id, safe='')}/roles", NewRoles(roles), CredentialView)
    output.result(changed, f"{changed.id} has the roles {', '.join(changed.roles)}; earlier tokens keep theirs")
    return Exit.DONE


async def delete_credential(client: Client, output: Output, client_id: str) -> Exit:
    await client.delete(f"/clients/{quote(client_id, safe='')}")
    output.result({"deleted": client_id}, f"deleted {client_id}; tokens it has go on until they expire")
    return Exit.DONE


def _table(listed: CredentialList) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "ROLES", "CREATED (UTC)", "BY"):
        table.add_column(name, no_wrap=True)
    for one in listed.clients:
        table.add_row(one.id, ", ".join(one.roles), f"{one.created_at:%Y-%m-%d %H:%M:%S}", one.created_by)
    return table
