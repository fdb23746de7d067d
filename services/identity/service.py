"""What the identity service is made of, and the work it does unasked: keeping its keys fresh. It hears no messages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from msgspec import Struct

from libs.auth import clients
from libs.auth.fetch import issuer_url
from libs.auth.tokens import Verifier
from libs.durable.ports import Store, Unavailable
from libs.runtime import log
from libs.runtime.process import Process
from libs.store.seal import Seal
from services.identity.check import SecretCheck
from services.identity.handlers import Identity, Terms, local_verifier
from services.identity.keys import Keys
from services.identity.settings import Settings

_REFRESH_SECONDS = 60.0
_RETRY_SECONDS = 1.0


class Service(Struct, frozen=True):
    """The identity service, ready to be asked."""

    identity: Identity
    terms: Terms
    verifier: Verifier
    """Checks its tokens in this process."""
    process: Process


@asynccontextmanager
async def opened(settings: Settings, process: Process, store: Store, seal: Seal) -> AsyncIterator[Service]:
    """The service once it has its keys; it waits for the store as long as that takes."""
    keys = Keys(store, seal, process.clock, timedelta(days=settings.identity_key_days))
    check = SecretCheck(clients.matches, process.clock, process.random)
    terms = Terms(
        issuer_url(settings.process),
        settings.process.audience,
        settings.identity_token_seconds,
        settings.identity_agent_token_seconds,
        int(timedelta(days=settings.identity_session_days).total_seconds()),
    )
    try:
        await _first_keys(keys, process)
        identity = Identity(store, keys, check, process.clock, process.random)
        yield Service(identity, terms, local_verifier(keys, terms, process.clock), process)
    finally:
        check.close()


async def serve(service: Service) -> None:
    """Keep the keys fresh until cancelled."""
    while True:
        await service.process.clock.sleep(_REFRESH_SECONDS)
        try:
            await service.identity.keys.refresh()
        except Unavailable as error:
            # The keys at hand go on counting: they were published long before they sign.
            log.logger().warning("keys_not_refreshed", error=str(error))


async def _first_keys(keys: Keys, process: Process) -> None:
    process.health.ready("keys", False, "the signing keys have not been read yet")
    while True:
        try:
            await keys.refresh()
        except Unavailable as error:
            process.health.ready("keys", False, f"the signing keys cannot be read: {error}")
            await process.clock.sleep(_RETRY_SECONDS)
        else:
            return process.health.ready("keys", True)
