"""A gateway as a process of the simulation: production code but for gRPC and the signatures of tokens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from libs.auth.principal import Kind, Principal
from libs.auth.tokens import InvalidToken
from libs.runtime.clock import Clock
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process as Runtime
from libs.runtime.settings import ProcessSettings
from services.gateway.door import Door, Listening
from services.gateway.service import bridge
from services.gateway.settings import Settings
from tests.simulation.ports.process import Process
from tests.simulation.world.releases import TENANT
from tests.simulation.world.world import World

STREAM_SECONDS = 300.0
"""Streams are sent elsewhere often."""
TOKEN_SECONDS = 240.0


class Verifier:
    """Reads what `token` says."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def principal(self, token: str) -> Principal:
        agent, _, until = token.partition(" ")
        expires_at = datetime.fromisoformat(until)
        if expires_at <= self._clock.now():
            raise InvalidToken("the token has expired: get a new one")
        return Principal(TENANT, agent, frozenset({"agent"}), Kind.AGENT, expires_at, agent)


def token(agent: str, now: datetime) -> str:
    return f"{agent} {(now + timedelta(seconds=TOKEN_SECONDS)).isoformat()}"


async def gateway(world: World, process: Process) -> None:
    ports = world.ports(process)
    runtime = Runtime(
        "gateway", ProcessSettings(), Health(), Metrics(), ports.clock, world.random("gateway"), process.name
    )

    @asynccontextmanager
    async def listen(door: Door, _: Settings, __: Runtime) -> AsyncIterator[Listening]:
        async with world.switchboard.listen(process, door) as listening:
            yield listening

    settings = Settings(gateway_name=process.name, gateway_stream_seconds=STREAM_SECONDS)
    await bridge(settings, runtime, ports, Verifier(ports.clock), listen)
