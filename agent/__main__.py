"""How the agent starts: `python -m agent`."""

import os
import ssl
import sys
from contextlib import AsyncExitStack
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import aiohttp

from agent.access import Access
from agent.cluster import by_kubeconfig, in_cluster
from agent.dial import Dialler, Gate
from agent.grpc import dialled
from agent.limits import Fence, Limits
from agent.nearby import Nearby
from agent.settings import Settings
from agent.stream import Introduction
from agent.token import Credentials, Issuer, Tokens
from agent.verbs import Verbs
from agent.work import Work
from libs.kube.direct import Direct
from libs.link.rate import Rate
from libs.runtime.expiry import Pem, watched
from libs.runtime.http import application
from libs.runtime.http import serve as serve_http
from libs.runtime.process import CannotStart, Process, run
from libs.runtime.settings import load


async def serve(settings: Settings, process: Process) -> None:
    """Stay connected to the gateway and do what is asked, until cancelled."""
    async with AsyncExitStack() as stack:
        work = await _work(settings, process, stack)
        issuer = await stack.enter_async_context(_client(_tls(settings.agent_token_authority)))
        tokens = Tokens(Issuer(issuer, _credentials(settings)).issue, process.clock)
        _require_readable(settings.agent_authority)
        dial = partial(dialled, settings.agent_gateway, settings.agent_authority)
        gate = Gate(settings.agent_gateway, dial, settings.agent_drain_seconds)
        introduction = Introduction(_version(), f"{process.random.getrandbits(64):016x}", await work.cluster_name())
        process.health.ready("gateway", False, "not connected yet")
        await stack.enter_async_context(serve_http(application(process), settings.process.http_address))
        await stack.enter_async_context(watched(_authorities(settings), process))
        await Dialler(gate, tokens, work, introduction, process).run()


def _credentials(settings: Settings) -> Credentials:
    return Credentials(
        settings.agent_token_url,
        settings.agent_client_id,
        settings.agent_client_secret,
        settings.process.audience,
    )


def _authorities(settings: Settings) -> dict[str, Pem]:
    named = {"gateway-authority": settings.agent_authority, "issuer-authority": settings.agent_token_authority}
    return {what: Pem(path, is_chain=False) for what, path in named.items() if path is not None}


async def _work(settings: Settings, process: Process, stack: AsyncExitStack) -> Work:
    access = await _access(settings, process)
    cluster = await stack.enter_async_context(_client(access.tls))
    outside = await stack.enter_async_context(_client(None))
    rate = Rate(settings.agent_requests_rate, settings.agent_requests_burst, process.clock)
    limits = Limits(rate, settings.agent_requests_open, settings.agent_watches_open, process.clock)
    verbs = Verbs(Direct(cluster, access.server, access.authorize), Nearby(outside), settings.allowed)
    return Work(verbs, limits, Fence(), process.metrics.registry)


async def _access(settings: Settings, process: Process) -> Access:
    if settings.agent_kubeconfig is None:
        return in_cluster(os.environ, process.clock)
    return await by_kubeconfig(settings.agent_kubeconfig, settings.agent_kube_context, process.clock)


def _client(tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    # The limits of the agent say how much is under way, not the pool.
    connector = aiohttp.TCPConnector(limit=0, ssl=tls or True, keepalive_timeout=60)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True)


def _tls(authority: Path | None) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=str(authority)) if authority else None


def _require_readable(authority: Path | None) -> None:
    """Told before anything else is tried; when an agent dials later, it tries again."""
    try:
        if authority is not None:
            authority.read_bytes()
    except OSError as error:
        reason = f"the CA file {authority} cannot be read (FAIRLEAD_AGENT_AUTHORITY): {error.strerror}"
        raise CannotStart(reason) from error


def _version() -> str:
    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "unreleased"


def main() -> None:
    settings = load(Settings, sys.argv[1:], os.environ)
    run(partial(serve, settings), settings.process, "agent")


if __name__ == "__main__":
    main()
