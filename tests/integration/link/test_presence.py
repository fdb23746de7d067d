"""What others learn of who is connected, in every form it is told."""

import asyncio
from pathlib import Path

from libs.durable.ports import Store
from libs.link.connections import BUCKET, connected
from libs.messages.agent import AgentConnected, AgentDisconnected, connected_subject
from libs.messages.codec import decode, decode_envelope
from tests.integration.conftest import Open
from tests.integration.link.plane import AGENT, TENANT, Plane, agent_up, gateway_up, plane
from tests.waiting import eventually

FACTS = "evt.*.agent.*.-.*.-"


async def test_hint_says_that_agent_can_be_asked(the_plane: Plane, kubeconfig: Path) -> None:
    async with (
        gateway_up(the_plane),
        the_plane.bus.subscribe(connected_subject(TENANT, AGENT)) as hints,
        agent_up(the_plane.agent(kubeconfig)),
        asyncio.timeout(10),
    ):
        await anext(hints)


async def test_connection_and_its_end_are_facts(ports: Open, tmp_path: Path, kubeconfig: Path) -> None:
    async with ports() as own, plane(tmp_path, (own.bus, own.store)) as the_plane:
        async with gateway_up(the_plane, gateway_name="g1"), agent_up(the_plane.agent(kubeconfig)):
            pass
        facts = [stored async for stored in own.store.history([FACTS])]
    envelopes = [decode_envelope(fact.data) for fact in facts]
    first, second = [decode(envelope.type, envelope.data) for envelope in envelopes]
    assert isinstance(first, AgentConnected)
    assert isinstance(second, AgentDisconnected)
    assert (first.agent, first.gateway, second.gateway) == (AGENT, "g1", "g1")
    assert facts[0].subject == f"evt.{TENANT}.agent.connected.-.{AGENT}.-"


async def test_record_lists_streams_and_goes(ports: Open, tmp_path: Path, kubeconfig: Path) -> None:
    async with ports() as own, plane(tmp_path, (own.bus, own.store)) as the_plane:
        async with gateway_up(the_plane), agent_up(the_plane.agent(kubeconfig)):
            await eventually(lambda: _streams(own.store, 1))
            assert (await connected(own.store, TENANT))[0].agent == AGENT
            assert await connected(own.store, "other") == []
        assert await own.store.entries(BUCKET) == []


async def _streams(store: Store, number: int) -> bool:
    return len(await connected(store, TENANT)) == number
