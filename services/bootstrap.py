"""What a first start leaves behind for who started it: the first clients and their secrets, for their eyes only.

Where each service is a process of its own, `python -m services.bootstrap` does it once, and makes what must exist in
JetStream: it alone needs the right to. It may run again: with the secrets handed in, it makes the same clients.
"""

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from libs.auth import clients
from libs.auth.clients import Credential
from libs.durable.ports import Store, Unavailable, Unknown
from libs.runtime import log
from libs.runtime.process import CannotStart, Process, run
from libs.runtime.secret import Secret
from libs.runtime.settings import ProcessSettings, load
from libs.runtime.whole import write_whole
from libs.store.opened import opened
from services.identity.handlers import BY, TENANT
from services.identity.handlers import bootstrap as make_clients

FILE = "bootstrap.json"
_SHORTEST = 32
_RETRY_SECONDS = 1.0


class Settings(Struct, frozen=True, kw_only=True):
    process: ProcessSettings = ProcessSettings()
    gateway_address: Annotated[str, Meta(description="host:port that agents dial", pattern=r"^.+:\d{1,5}$")]
    bootstrap_agents: Annotated[
        tuple[str, ...], Meta(description="agents to register, their secrets in bootstrap.json", min_length=1)
    ]
    bootstrap_secrets: Annotated[
        Path | None,
        Meta(description="folder of secrets that are handed in, one file per client id; one that is missing is made"),
    ] = None


async def bootstrap(
    process: Process, store: Store, agents: tuple[str, ...], gateway: str, handed: Mapping[str, Secret] = {}
) -> None:
    """Make the first clients, once: while the file is not there, nobody knows a secret that was made before.

    So what a start that was killed half way has made is made again; and so it is in a store that is empty again, and
    where NATS, whose nodes may still be finding each other, does not say whether a client was written.
    """
    if not agents:
        return
    while True:
        try:
            made = await _made(process, store, agents, handed)
        except (Unavailable, Unknown) as error:
            log.logger().warning("clients_not_made", error=str(error), again_in_seconds=_RETRY_SECONDS)
            await process.clock.sleep(_RETRY_SECONDS)
        else:
            break
    if made:
        write_whole(_file(process), msgspec.json.encode(_told(process, made, gateway)))


async def _made(
    process: Process, store: Store, agents: tuple[str, ...], handed: Mapping[str, Secret]
) -> dict[str, Credential]:
    """Nothing where they were made before and somebody has their secrets."""
    known = await clients.listed(store, TENANT)
    if known and _file(process).exists():
        return {}
    for client in known:
        if client.created_by == BY:
            await clients.delete(store, TENANT, client.id)
    return await make_clients(store, process.clock, process.random, agents, handed)


def _file(process: Process) -> Path:
    return process.settings.state_dir / FILE


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
    handed = _handed(settings.bootstrap_secrets) if settings.bootstrap_secrets else {}
    async with opened(process) as ground:
        await bootstrap(process, ground.store, settings.bootstrap_agents, settings.gateway_address, handed)


def _handed(folder: Path) -> dict[str, Secret]:
    try:
        files = [path for path in folder.iterdir() if path.is_file()]
        secrets = {path.name: path.read_text().strip() for path in files}
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"FAIRLEAD_BOOTSTRAP_SECRETS: {folder} cannot be read: {error}") from error
    for name, secret in secrets.items():
        if len(secret) < _SHORTEST:
            raise CannotStart(f"{folder / name}: a secret has at least {_SHORTEST} characters: `openssl rand -hex 32`")
    return {name: Secret(secret) for name, secret in secrets.items()}


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(start, settings), settings.process, "bootstrap")


if __name__ == "__main__":
    main()
