"""What a first start leaves behind for who started it: the first clients and their secrets, for their eyes only."""

import msgspec

from libs.durable.ports import Store
from libs.runtime.process import Process
from libs.runtime.sealing import write_private
from services.identity.handlers import bootstrap as make_clients

FILE = "bootstrap.json"


async def bootstrap(process: Process, store: Store, agents: tuple[str, ...], gateway: str) -> None:
    """Make the clients that do not exist yet; secrets are known only now, so they are written down now."""
    if not agents:
        return
    made = await make_clients(store, process.clock, process.random, agents)
    if not made:
        return
    clients = {
        name: {"client_id": credential.client_id, "client_secret": credential.secret.reveal()}
        for name, credential in made.items()
    }
    url = process.settings.public_url or f"http://{process.settings.http_address}"
    written = {
        "server": url,
        "issuer": process.settings.issuer_url or url,
        "gateway": gateway,
        "ca": str((process.settings.state_dir / "certificates" / "ca.pem").absolute()),
        "admin": clients.pop("admin"),
        "agents": clients,
    }
    write_private(process.settings.state_dir / FILE, msgspec.json.encode(written))
