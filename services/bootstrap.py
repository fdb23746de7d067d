"""What a first start leaves behind for who started it: the first clients and their secrets, for their eyes only."""

import msgspec

from libs.auth import clients
from libs.auth.clients import Credential
from libs.durable.ports import Store
from libs.runtime.process import Process
from libs.runtime.sealing import write_private
from services.identity.handlers import BY, TENANT
from services.identity.handlers import bootstrap as make_clients

FILE = "bootstrap.json"


async def bootstrap(process: Process, store: Store, agents: tuple[str, ...], gateway: str) -> None:
    """Make the first clients, once: while the file is not there, nobody knows a secret that was made before.

    So what a start that was killed half way has made is made again.
    """
    path = process.settings.state_dir / FILE
    if not agents or path.exists():
        return
    for client in await clients.listed(store, TENANT):
        if client.created_by == BY:
            await clients.delete(store, TENANT, client.id)
    made = await make_clients(store, process.clock, process.random, agents)
    write_private(path, msgspec.json.encode(_told(process, made, gateway)))


def _told(process: Process, made: dict[str, Credential], gateway: str) -> dict[str, object]:
    secrets = {
        name: {"client_id": credential.client_id, "client_secret": credential.secret.reveal()}
        for name, credential in made.items()
    }
    url = process.settings.public_url or f"http://{process.settings.http_address}"
    return {
        "server": url,
        "issuer": process.settings.issuer_url or url,
        "gateway": gateway,
        "ca": str((process.settings.state_dir / "certificates" / "ca.pem").absolute()),
        "admin": secrets.pop("admin"),
        "agents": secrets,
    }
