"""Waiting for an application, in the one place that there is to wait."""

import pytest

from libs.deployment.state import Deployment, Phase
from libs.messages.codec import decode_envelope
from libs.messages.deployment import AbortDeployment, QueueDeployment, StartDeployment
from libs.messages.subject import message_filter
from tests.builders import a_deployment
from tests.integration.conftest import Open
from tests.integration.intake.test_original import call
from tests.integration.intake.world import FILE, World, a_request, place_of, world

QUEUES = FILE + "deploymentConfig:\n  ifDeploymentInProgress: {strategy: enqueueOne}\n"


async def orders(w: World, deployment: str) -> list[str]:
    place = place_of(deployment)
    wanted = [message_filter("cmd.deployment.*", place.partition, deployment, place.tenant)]
    return [decode_envelope(stored.data).type async for stored in w.store.history(wanted, 0)]


async def queued(w: World, **changes: str) -> str:
    status, document = await w.call("POST", "/deployments", a_request(config=QUEUES, **changes))
    assert (status, document["phase"]) == (202, "queued")
    return str(document["id"])


@pytest.mark.feature("F35")
async def test_second_waits_for_first(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        first = await w.start()
        second = await queued(w)
        assert await orders(w, second) == [QueueDeployment.address]
        _, view = await w.call("GET", f"/deployments/{second}")
        assert view["behind"] == first


async def test_third_takes_the_place(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        first = await w.start()
        second, third = await queued(w), await queued(w)
        assert await orders(w, second) == [QueueDeployment.address, AbortDeployment.address]
        assert (await orders(w, first), await orders(w, third)) == (
            [StartDeployment.address],
            [QueueDeployment.address],
        )


async def test_free_application_starts_at_once(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start(config=QUEUES)
        assert await orders(w, deployment) == [StartDeployment.address]


async def test_who_waits_is_not_overtaken(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await w.start()
        second = await queued(w)
        await w.commits(place_of(first), a_deployment(phase=Phase.SUCCEEDED))
        status, problem = await w.call("POST", "/deployments", a_request())
        assert (status, problem["code"]) == (409, "deployment_in_progress")
        await w.commits(place_of(second), Deployment(phase=Phase.CANCELLED, application="shop"))
        assert await orders(w, await w.start()) == [StartDeployment.address]


async def test_repeat_tells_that_it_waits(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.start()
        answers = [await w.call("POST", "/deployments", a_request(config=QUEUES), key="k") for _ in range(2)]
        assert {(status, said["id"], said["phase"]) for status, said in answers} == {
            (202, answers[0][1]["id"], "queued")
        }


async def test_original_sees_who_blocks(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await w.start()
        second = await queued(w)
        asked = {"query": "…", "variables": {"pipelineID": second}}
        _, answer = await call(w, "POST", "/v1/graphql", asked, "application/json")
        found = answer["data"]["pipelineById"]
        assert (found["status"], found["blockedByPipeline"]) == ("QUEUED", {"id": first})
        replaced = Deployment(phase=Phase.CANCELLED, application="shop", reason=f"replaced by {first}")
        await w.commits(place_of(second), replaced)
        _, answer = await call(w, "POST", "/v1/graphql", asked, "application/json")
        found = answer["data"]["pipelineById"]
        assert (found["status"], found["replacedByPipeline"]) == ("CANCELLED", {"id": first})
