"""The chapter about what belongs to an installation: its configuration, and credentials for people and machines."""

import aiohttp
import msgspec
from msgspec import Struct

from cli.demo.teller import Teller
from cli.exits import Exit, Stop
from libs.api.client import CredentialMade, NewCredential
from libs.api.config import ApplyConfig, ConfigApplied

FILE = "config.yml"
_PORT = ":9090"


class Keys(Struct, frozen=True):
    """The credentials that the story needs, and where tokens are had for them."""

    token_url: str
    designer: CredentialMade
    ci: CredentialMade

    async def token(self, credential: CredentialMade) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": credential.client_id,
            "client_secret": credential.client_secret,
        }
        async with aiohttp.ClientSession() as session, session.post(self.token_url, data=form) as response:
            if response.status != 200:
                raise Stop(Exit.FAILED, f"there is no token for {credential.client_id}: status {response.status}")
            return str(msgspec.json.decode(await response.read())["access_token"])


async def configured(teller: Teller, prometheus: int, token_url: str) -> Keys:
    """`prometheus` is the port of the one on this machine; 0 where there is none."""
    teller.chapter("What belongs to no single release: a role, where Prometheus is, and who may come in")
    teller.typed(f"fairlead config apply -f {teller.typed_path(FILE)}")
    text = (teller.place.folder / FILE).read_text()
    if prometheus:
        text = text.replace(_PORT, f":{prometheus}")
    done = await teller.client.put("/config", ApplyConfig(text), ConfigApplied)
    for one in done.changes:
        teller.output.line(f"{one.done.capitalize()} {one.what}: {one.name}")
    return Keys(token_url, await _made(teller, "ann", "designer"), await _made(teller, "ci", "deployer"))


async def _made(teller: Teller, name: str, role: str) -> CredentialMade:
    teller.typed(f"fairlead credential create {name} --role {role}")
    made = await teller.client.post("/clients", NewCredential(name, (role,)), CredentialMade)
    teller.output.line(f"clientId={made.client_id}")
    return made
