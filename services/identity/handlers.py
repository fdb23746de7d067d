"""What the identity service does when it is asked: give a token, make and remove clients."""

from collections.abc import Mapping
from random import Random

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from libs.auth import clients
from libs.auth.clients import Client, ClientExists, Credential, NewClient
from libs.auth.keys import LocalKeys
from libs.auth.permissions import ADMIN, AGENT
from libs.auth.principal import Kind
from libs.auth.signing import issue
from libs.auth.tokens import Claims, Issuer, Verifier
from libs.durable.ports import Store
from libs.runtime.clock import Clock
from libs.runtime.secret import Secret
from services.identity import sessions
from services.identity.check import SecretCheck
from services.identity.keys import Keys

TENANT = "main"
"""The tenant of an installation that knows only one."""
_CLIENT_ID_CHARACTERS = 255
_SECRET_CHARACTERS = 512


class Terms(Struct, frozen=True):
    """What every token of this installation has in common."""

    issuer: str
    audience: str
    token_seconds: int
    agent_token_seconds: int
    session_seconds: int
    """How long a login lasts without its secret."""


class Granted(Struct, frozen=True):
    """A token, as OAuth 2.0 answers."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    refresh_token: str | UnsetType = UNSET


class WrongCredentials(Exception):
    """No client has this id and this secret."""


class SessionEnded(Exception):
    """This refresh token stands for nobody."""


class Identity:
    """Tokens for those who prove who they are."""

    def __init__(self, store: Store, keys: Keys, check: SecretCheck, clock: Clock, randomness: Random) -> None:
        self.store = store
        self.keys = keys
        self.clock = clock
        self.randomness = randomness
        self._check = check

    async def grant(self, client_id: str, secret: str, address: str, terms: Terms) -> Granted:
        """A token for a client that authenticates from `address`.

        Raises `WrongCredentials`, `check.Busy`, `check.TooManyFailures`, or what the store raises.
        """
        return self._granted(await self._proved(client_id, secret, address), terms)

    async def log_in(self, client_id: str, secret: str, address: str, terms: Terms) -> Granted:
        """A token, and with it one to renew it with. An agent keeps its secret anyway, and gets none."""
        client = await self._proved(client_id, secret, address)
        granted = self._granted(client, terms)
        if client.kind is Kind.AGENT:
            return granted
        refresh = await sessions.begin(self.store, client, self.clock, self.randomness, terms.session_seconds)
        return replace(granted, refresh_token=refresh.reveal())

    async def renew(self, client_id: str, refresh: Secret, terms: Terms) -> Granted:
        """A token for who logged in, with the roles of today. Raises `SessionEnded`, or what the store raises."""
        _check_lengths(client_id, refresh.reveal(), SessionEnded)
        client = await sessions.client_of(self.store, client_id, refresh, self.clock.now())
        if client is None:
            raise SessionEnded
        return self._granted(client, terms)

    async def log_out(self, client_id: str, refresh: Secret) -> None:
        if len(client_id) <= _CLIENT_ID_CHARACTERS:
            await sessions.end(self.store, client_id, refresh)

    async def _proved(self, client_id: str, secret: str, address: str) -> Client:
        _check_lengths(client_id, secret, WrongCredentials)
        client = await clients.find(self.store, client_id)
        if not await self._check.is_right(client_id, client, secret, address) or client is None:
            raise WrongCredentials
        return client

    def _granted(self, client: Client, terms: Terms) -> Granted:
        seconds = terms.agent_token_seconds if client.kind is Kind.AGENT else terms.token_seconds
        now = int(self.clock.now().timestamp())
        claims = Claims(
            iss=terms.issuer,
            sub=client.id,
            aud=terms.audience,
            iat=now,
            exp=now + seconds,
            jti=self.randomness.randbytes(16).hex(),
            tenant=client.tenant,
            kind=client.kind,
            roles=list(client.roles),
            agent=client.agent,
        )
        return Granted(issue(self.keys.signing(), claims), seconds)


def _check_lengths(client_id: str, secret: str, wrong: type[Exception]) -> None:
    if len(client_id) > _CLIENT_ID_CHARACTERS or len(secret) > _SECRET_CHARACTERS:
        raise wrong


def local_verifier(keys: Keys, terms: Terms, clock: Clock) -> Verifier:
    """Checks this service's own tokens without asking over the network: for the process it runs in."""
    return Verifier([Issuer(terms.issuer, LocalKeys(keys.public), terms.audience)], clock)


BY = "bootstrap"
"""Who made the first clients."""


async def bootstrap(
    store: Store, clock: Clock, randomness: Random, agents: tuple[str, ...] = (), handed: Mapping[str, Secret] = {}
) -> dict[str, Credential]:
    """Make an administrator, named `admin`, and a client for each agent; by name, only those that did not exist.

    Their secrets cannot be read again: write them down before anything else. `handed` holds those, by client id, that
    somebody has written down already.
    """
    wanted = [
        NewClient(TENANT, "admin", (ADMIN,), created_by=BY),
        *(NewClient(TENANT, name, (AGENT,), Kind.AGENT, BY) for name in agents),
    ]
    made: dict[str, Credential] = {}
    for client in wanted:
        try:
            secret = handed.get(clients.id_of(client))
            made[client.name] = await clients.create(store, client, clock, randomness, secret)
        except ClientExists:
            continue
    return made
