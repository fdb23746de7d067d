"""Accepting deployments over HTTP: once for each request, one at a time for each application."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from libs.api.request import StartRequest
from libs.bus.memory import MemoryBus
from libs.deployment.state import Phase
from libs.durable.ports import Conflict, Stored, Unavailable, Unknown, WentBack, Write
from libs.messages.codec import decode, decode_envelope
from libs.messages.deployment import AbortDeployment, StartDeployment
from libs.messages.subject import message_filter, message_subject
from libs.runtime.health import SAFE_MODE
from libs.store.memory import MemoryStore
from tests.builders import a_deployment
from tests.integration.conftest import Open
from tests.integration.intake.world import FILE, MANIFEST, World, a_request, place_of, world
from tests.waiting import eventually


async def test_accepted_request_is_ordered(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        place = place_of(await w.start())
        stored = await p.store.last(message_subject(StartDeployment.address, place))
        assert stored is not None
        envelope = decode_envelope(stored.data)
        order = decode(envelope.type, envelope.data)
        assert isinstance(order, StartDeployment)
        assert (order.application, order.by) == ("shop", "ann")
        kept = msgspec.json.decode(await p.store.read(order.submission), type=StartRequest)
        assert (kept.config, kept.files["shop.yml"]) == (FILE, (MANIFEST,))


@pytest.mark.feature("F31", "F32", "F135")
async def test_words_of_the_file_are_shown(ports: Open) -> None:
    config = FILE + "description: |\n  Two lines,\n  and https://wiki.test\ncontext: {team: a, build: 010}\n"
    async with ports() as p, world(p.store, p.bus) as w:
        place = place_of(await w.start(config=config, context={"team": "b"}))
        _, view = await w.call("GET", f"/deployments/{place.deployment}")
        assert view["description"] == "Two lines,\nand https://wiki.test\n"
        assert view["context"] == {"team": "b", "build": "010"}


async def test_same_key_gives_same_deployment(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        assert await w.start("k1") == await w.start("k1")


async def test_many_repeats_make_one(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        ids = await asyncio.gather(*(w.start("k1") for _ in range(8)))
        assert len(set(ids)) == 1


async def test_other_body_conflicts(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        first = await w.start("k1")
        status, problem = await w.call("POST", "/deployments", a_request(targets=["prod"]), key="k1")
        assert (status, problem["code"], problem["deployment"]) == (409, "idempotency_conflict", first)


async def test_live_deployment_holds_application(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        first = await w.start()
        status, problem = await w.call("POST", "/deployments", a_request())
        assert (status, problem["code"]) == (409, "deployment_in_progress")
        assert (problem["deployment"], problem["url"]) == (first, f"/api/v1/deployments/{first}")


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED])
async def test_ended_deployment_frees_application(ports: Open, phase: Phase) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        first = await w.start()
        await w.commits(place_of(first), a_deployment(phase=phase))
        assert await w.start() != first


async def test_running_deployment_holds_application(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        await w.commits(place_of(await w.start()), a_deployment())
        status, _ = await w.call("POST", "/deployments", a_request())
        assert status == 409


async def test_one_of_many_wins(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        answers = await asyncio.gather(*(w.call("POST", "/deployments", a_request()) for _ in range(6)))
        assert sorted(status for status, _ in answers) == [202, 409, 409, 409, 409, 409]


async def test_repeat_beats_lock(ports: Open) -> None:
    """A known key is answered before anybody asks who holds the application."""
    async with ports() as p, world(p.store, p.bus) as w:
        first = await w.start("k1")
        await w.commits(place_of(first), a_deployment(phase=Phase.SUCCEEDED))
        await w.start("k2")
        assert await w.start("k1") == first


async def test_every_problem_at_once(ports: Open) -> None:
    wrong = FILE.replace("weight: 50", "weight: 150").replace("account: prod", "account: 7")
    async with ports() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", "/deployments", a_request(config=wrong))
        assert (status, problem["code"]) == (422, "invalid_deployment_file")
        found = {one["path"]: one for one in problem["problems"]}
        assert {"targets.prod.account", "strategies.careful.canary.steps[0].setWeight.weight"} <= set(found)
        assert all(one["line"] > 0 and one["code"] and one["severity"] == "error" for one in found.values())


async def test_manifest_problems_name_file(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", "/deployments", a_request(files={"shop.yml": ["kind: [\n"]}))
        assert status == 422
        assert problem["problems"][0]["file"] == "shop.yml"


async def test_unknown_agent_lists_known(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        config = FILE.replace("account: prod", "account: prd")
        status, problem = await w.call("POST", "/deployments", a_request(config=config))
        assert (status, problem["code"]) == (422, "invalid_deployment_file")
        (one,) = problem["problems"]
        assert (one["code"], one["path"], one["line"]) == ("unknown_agent", "targets.prod.account", 6)
        assert "did you mean prod?" in one["hint"]


async def test_agent_away_is_a_warning(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        _, accepted = await w.call("POST", "/deployments", a_request())
        assert accepted["warnings"] == ["agent prod is not connected; its targets wait for it"]


async def test_unknown_filter_is_refused(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", "/deployments", a_request(targets=["prd"]))
        assert (status, problem["problems"][0]["code"]) == (422, "unknown_name")


async def test_large_body_is_refused(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus, intake_body_bytes=4096) as w:
        status, problem = await w.call("POST", "/deployments", a_request(context={"a": "b" * 5000}))
        assert (status, problem["code"]) == (413, "too_large")


class Mute(MemoryStore):
    """A store whose first commits end without a verdict: the batch landed, or it did not, or it does later."""

    lands = True
    silent = 1

    async def commit(self, batch: Sequence[Write]) -> int:
        if not any(".submission." in write.subject for write in batch) or self.silent == 0:
            return await super().commit(batch)
        self.silent -= 1
        if self.lands:
            await super().commit(batch)
        raise Unknown("no verdict")


@pytest.mark.parametrize("lands", [True, False])
async def test_commit_without_verdict_is_settled(broker_store: Mute, lands: bool, memory_bus: MemoryBus) -> None:
    broker_store.lands = lands
    async with world(broker_store, memory_bus) as w:
        place = place_of(await w.start())
        orders = [one async for one in broker_store.history([message_subject(StartDeployment.address, place)])]
        assert len(orders) == 1


async def test_no_verdict_ever_is_said(broker_store: Mute, memory_bus: MemoryBus) -> None:
    broker_store.lands, broker_store.silent = False, 99
    async with world(broker_store, memory_bus) as w:
        status, problem = await w.call("POST", "/deployments", a_request(), key="k1")
        assert (status, problem["code"]) == (503, "outcome_unknown")
        broker_store.silent = 0
        assert await w.start("k1")


async def test_conflict_is_decided_again(broker_store: Mute, memory_bus: MemoryBus) -> None:
    """Somebody took and gave back the lock between the reading and the commit."""
    broker_store.silent = 0
    commit, lost = broker_store.commit, [True]

    async def contested(batch: Sequence[Write]) -> int:
        if lost and any(".submission." in write.subject for write in batch):
            lost.clear()
            raise Conflict("the lock moved")
        return await commit(batch)

    broker_store.commit = contested  # type: ignore[method-assign]
    async with world(broker_store, memory_bus) as w:
        assert await w.start()


async def test_refused_start_leaves_nothing(broker_store: Mute, memory_bus: MemoryBus) -> None:
    broker_store.silent = 0
    saved: list[bytes] = []
    save = broker_store.save

    async def noted(data: bytes) -> str:
        saved.append(data)
        return await save(data)

    async with world(broker_store, memory_bus) as w:
        await w.start()
        broker_store.save = noted  # type: ignore[method-assign]
        status, _ = await w.call("POST", "/deployments", a_request(targets=["prod"]))
        assert (status, saved) == (409, [])


def stopped(w: World) -> None:
    """Intake was stopped, and wakes up an hour later."""
    later = w.process.clock.now() + timedelta(hours=1)
    w.process.clock.now = lambda: later  # type: ignore[method-assign]


async def test_token_that_runs_out_before_the_commit_starts_nothing(broker_store: Mute, memory_bus: MemoryBus) -> None:
    broker_store.silent = 0
    save = broker_store.save

    async with world(broker_store, memory_bus) as w:

        async def saved_late(data: bytes) -> str:
            stopped(w)
            return await save(data)

        broker_store.save = saved_late  # type: ignore[method-assign]
        status, problem = await w.call("POST", "/deployments", a_request())
        ordered = [one async for one in broker_store.history([message_filter(StartDeployment.address)])]
        assert (status, problem["detail"], ordered) == (401, "the token has expired: get a new one", [])


async def test_token_that_runs_out_while_the_outcome_is_unknown_refuses_nothing(
    broker_store: Mute, memory_bus: MemoryBus
) -> None:
    """What may have been accepted already is not answered with 401."""
    broker_store.lands, broker_store.silent = False, 1
    commit = broker_store.commit

    async with world(broker_store, memory_bus) as w:

        async def committed_late(batch: Sequence[Write]) -> int:
            stopped(w)
            return await commit(batch)

        broker_store.commit = committed_late  # type: ignore[method-assign]
        assert await w.start()


async def test_token_that_runs_out_before_the_order_decides_nothing(broker_store: Mute, memory_bus: MemoryBus) -> None:
    broker_store.silent = 0
    last = broker_store.last

    async with world(broker_store, memory_bus) as w:
        deployment = await w.start()

        async def read_late(subject: str) -> Stored | None:
            stopped(w)
            return await last(subject)

        broker_store.last = read_late  # type: ignore[method-assign]
        status, _ = await w.call("POST", f"/deployments/{deployment}/abort", {})
        ordered = [one async for one in broker_store.history([message_filter(AbortDeployment.address)])]
        assert (status, ordered) == (401, [])


async def test_store_away_is_said(broker_store: Mute, memory_bus: MemoryBus) -> None:
    async def away(batch: Sequence[Write]) -> int:
        raise Unavailable("no leader")

    async with world(broker_store, memory_bus) as w:
        broker_store.commit = away  # type: ignore[method-assign]
        status, problem = await w.call("POST", "/deployments", a_request())
        assert (status, problem["code"]) == (503, "storage_unavailable")


async def test_store_that_went_back_is_said(broker_store: Mute, memory_bus: MemoryBus) -> None:
    async def older(batch: Sequence[Write]) -> int:
        raise WentBack("the store went back: an older copy is in its place")

    async with world(broker_store, memory_bus) as w:
        broker_store.commit = older  # type: ignore[method-assign]
        status, problem = await w.call("POST", "/deployments", a_request())
        assert (status, problem["code"]) == (503, "storage_went_back")
        assert problem["detail"] == "the store went back: an older copy is in its place"


async def test_safe_mode_accepts_nothing_and_goes_on_showing(broker_store: Mute, memory_bus: MemoryBus) -> None:
    async with world(broker_store, memory_bus) as w:
        deployment = await w.start()
        w.process.health.ready(SAFE_MODE, False, "the store went back")
        status, problem = await w.call("POST", f"/deployments/{deployment}/abort", {})
        assert (status, problem["code"]) == (503, "storage_went_back")
        assert (await w.call("GET", f"/deployments/{deployment}"))[0] == 200


async def test_lost_store_is_lost_readiness(broker_store: Mute, memory_bus: MemoryBus) -> None:
    async with world(broker_store, memory_bus) as w:

        async def away(bucket: str, key: str) -> None:
            raise Unavailable("no leader")

        async def is_ready() -> bool:
            return w.process.health.is_ready

        async def is_away() -> bool:
            return "store" in w.process.health.reasons

        await eventually(is_ready)
        broker_store.get = away  # type: ignore[method-assign]
        await eventually(is_away)
