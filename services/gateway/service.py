"""What the gateway listens to."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from prometheus_client import Gauge

from libs.auth.keys import IssuerUnavailable
from libs.auth.permissions import Action, allowed
from libs.auth.principal import Principal
from libs.auth.tokens import InvalidToken
from libs.durable.partitions import Ports
from libs.durable.ports import Bus, Packet, Store
from libs.link.rate import Rate
from libs.messages.agent import control_subject
from libs.runtime import log
from libs.runtime.process import Process
from services.gateway.attendance import NotAccepted, Verify
from services.gateway.connections import Presence
from services.gateway.door import Door, Listen
from services.gateway.grpc import listen as listen_over_grpc
from services.gateway.handlers import Gateway
from services.gateway.session import Caller
from services.gateway.settings import Settings


class Verifier(Protocol):
    async def principal(self, token: str) -> Principal:
        """Raises `InvalidToken` or `IssuerUnavailable`."""
        ...


async def serve(settings: Settings, process: Process, bus: Bus, store: Store, verifier: Verifier) -> None:
    """Bridge agents to the bus until cancelled; then send them elsewhere."""
    await bridge(settings, process, Ports(bus, store, process.clock), verifier, listen_over_grpc)


async def bridge(settings: Settings, process: Process, ports: Ports, verifier: Verifier, listen: Listen) -> None:
    """The same, whatever carries the streams."""
    bus = ports.bus
    name = settings.gateway_name or f"{process.random.getrandbits(48):012x}"
    presence = Presence(name, bus, ports.store, process.clock)
    gateway = Gateway(name, settings, bus, presence, process)
    streams = Gauge("fairlead_gateway_streams", "Agents' streams on this gateway.", registry=process.metrics.registry)
    streams.set_function(lambda: gateway.streams)
    admission = Rate(settings.gateway_handshakes, settings.gateway_handshakes, process.clock)
    door = Door(gateway, agents_only(verifier), admission)
    async with (
        bus.subscribe(control_subject(name, "*"), pending=16_384) as controls,
        listen(door, settings, process) as listening,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(_obey(gateway, controls))
        group.create_task(gateway.sweep())
        group.create_task(presence.run())
        process.health.ready("gateway", True)
        log.logger().info("gateway_listening", gateway=name, port=listening.port)
        try:
            await asyncio.Event().wait()
        finally:
            process.health.ready("gateway", False, "stopping")
            await gateway.drain()
            await presence.withdraw()


def agents_only(verifier: Verifier) -> Verify:
    """Who a token is for, where that is an agent."""

    async def verify(token: str) -> Caller:
        try:
            principal = await verifier.principal(token)
        except (InvalidToken, IssuerUnavailable) as error:
            raise NotAccepted(str(error)) from error
        decision = allowed(principal, Action.AGENT_CONNECT, principal.tenant)
        if not decision.is_allowed:
            raise NotAccepted(decision.reason)
        return Caller(principal.tenant, principal.agent, principal.expires_at)

    return verify


async def _obey(gateway: Gateway, controls: AsyncIterator[Packet]) -> None:
    async for packet in controls:
        gateway.controlled(packet)
