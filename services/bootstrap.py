"""What a first start leaves behind for who started it: the first clients and their secrets, for their eyes only.

Where each service is a process of its own, `python -m services.bootstrap` does it once.
"""

import os
import sys
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from libs.auth import clients
from libs.auth.clients import Credential
from libs.durable.ports import Store
from libs.runtime.process import Process, run
from libs.runtime.sealing import write_private
from libs.runtime.settings import ProcessSettings, load
from libs.store.opened import opened
from services.identity.handlers import BY, TENANT
from services.identity.handlers import bootstrap as make_clients

FILE = "bootstrap.json"


class Settings(Struct, frozen=True, kw_only=True):
    process: ProcessSettings = ProcessSettings()
    gateway_address: Annotated[str, Meta(description="host:port that agents dial", pattern=r"^.+:\d{1,5}$")]
    bootstrap_agents: Annotated[
        tuple[str, ...], Meta(description="agents to register, their secrets in bootstrap.json", min_length=1)
    ]


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


async def start(settings: Settings, process: Process) -> None:
    async with opened(process) as ground:
        await bootstrap(process, ground.store, settings.bootstrap_agents, settings.gateway_address)


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "bootstrap")


if __name__ == "__main__":
    main()
