"""Following a deployment: nothing is lost and nothing told twice, wherever the line is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from libs.api.stream import Frame, Reader
from libs.bus.memory import MemoryBus
from libs.deployment.state import Phase
from libs.durable.ports import Unavailable
from libs.messages.deployment import DeploymentStarted, DeploymentSucceeded, TargetStarted
from libs.messages.live import LiveTarget, LiveVersion, LiveWorkload
from libs.messages.subject import Key, live_subject
from tests.builders import a_deployment
from tests.integration.conftest import Open
from tests.integration.intake.test_start import Mute
from tests.integration.intake.world import World, place_of, world


@asynccontextmanager
async def stream(w: World, deployment: str, last_id: str = "") -> AsyncIterator[AsyncIterator[Frame]]:
    headers = {"Authorization": f"Bearer {w.token()}", **({"Last-Event-ID": last_id} if last_id else {})}
    url = f"{w.url}/api/v1/deployments/{deployment}/events"
    async with w.session.get(url, headers=headers) as response:
        assert response.status == 200, await response.text()
        reader = Reader()

        async def frames() -> AsyncIterator[Frame]:
            async for piece in response.content.iter_any():
                for frame in reader.feed(piece):
                    yield frame

        async with asyncio.timeout(10):
            yield frames()


def data(frame: Frame) -> Any:
    return msgspec.json.decode(frame.data)


async def until(frames: AsyncIterator[Frame], event: str) -> list[Frame]:
    """Everything up to the first frame of this name."""
    seen = []
    async for frame in frames:
        seen.append(frame)
        if frame.event == event:
            return seen
    raise AssertionError(f"the stream ended without {event}: {[frame.event for frame in seen]}")


async def starts(w: World, place: Key, target: str) -> int:
    return await w.says(place, TargetStarted(target=target))


async def ends(w: World, place: Key) -> None:
    await w.commits(place, a_deployment(phase=Phase.SUCCEEDED), DeploymentSucceeded())


async def test_snapshot_comes_first(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await w.commits(place_of(deployment), a_deployment())
        async with stream(w, deployment) as frames:
            (snapshot,) = await until(frames, "snapshot")
        assert (data(snapshot)["id"], data(snapshot)["phase"]) == (deployment, "running")


async def test_stream_ends_with_deployment(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        async with stream(w, deployment) as frames:
            await until(frames, "snapshot")
            await ends(w, place_of(deployment))
            rest = [frame async for frame in frames]
        assert [frame.event for frame in rest] == ["event", "view", "end"]
        assert data(rest[1])["phase"] == "succeeded"


async def test_ended_deployment_is_shown_whole(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await ends(w, place_of(deployment))
        async with stream(w, deployment) as frames:
            assert [frame.event async for frame in frames] == ["snapshot", "end"]


async def test_cut_anywhere_loses_nothing(ports: Open) -> None:
    """Every connection is cut after two facts; put together they are the history."""
    async with ports() as p, world(p.store, p.bus) as w, asyncio.TaskGroup() as group:
        deployment = await w.start()
        said = group.create_task(_say_all(w, place_of(deployment)))
        told: list[Frame] = []
        while not any(b"succeeded" in frame.data for frame in told):
            told += await _two_facts(w, deployment, told[-1].id if told else "0")
        assert [int(frame.id) for frame in told] == await said


async def _say_all(w: World, place: Key) -> list[int]:
    said = [await starts(w, place, f"t{number}") for number in range(12)]
    return [*said, await w.commits(place, a_deployment(phase=Phase.SUCCEEDED), DeploymentSucceeded())]


async def _two_facts(w: World, deployment: str, last: str) -> list[Frame]:
    told: list[Frame] = []
    async with stream(w, deployment, last) as frames:
        async for frame in frames:
            told += [frame] if frame.event == "event" else []
            if len(told) == 2:
                break
    return told


async def test_end_already_heard_needs_no_stream(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        last = await w.commits(place_of(deployment), a_deployment(phase=Phase.SUCCEEDED), DeploymentSucceeded())
        headers = {"Authorization": f"Bearer {w.token()}", "Last-Event-ID": str(last)}
        async with w.session.get(f"{w.url}/api/v1/deployments/{deployment}/events", headers=headers) as response:
            assert response.status == 204


async def test_unknown_place_resets(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        for place in ("999999", "nonsense"):
            async with stream(w, deployment, place) as frames:
                assert [frame.event for frame in await until(frames, "snapshot")] == ["reset", "snapshot"]


async def test_live_progress_has_no_id(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        place = place_of(deployment)
        await w.commits(place, a_deployment())
        version = LiveVersion("web-1", "new", "web:1", replicas=1, ready=0, available=0)
        seen = LiveTarget(target="prod", at=w.process.clock.now(), workloads=(LiveWorkload("web", (version,)),))
        async with stream(w, deployment) as frames:
            await until(frames, "snapshot")
            await p.bus.publish(live_subject(place), msgspec.json.encode(seen))
            live = (await until(frames, "live"))[-1]
        assert live.id == ""
        assert msgspec.json.decode(live.data, type=LiveTarget) == seen
        _, view = await w.call("GET", f"/deployments/{deployment}")
        (shown,) = view["targets"][0]["live"]["workloads"]
        assert shown["versions"][0]["replicaSet"] == "web-1"


async def test_others_events_stay_out(ports: Open) -> None:
    async with ports() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        other = Key("main", 3, "other")
        async with stream(w, deployment) as frames:
            await until(frames, "snapshot")
            await w.says(other, TargetStarted(target="x"))
            await w.says(place_of(deployment), DeploymentStarted(application="shop", targets=(), by="ann"))
            assert data((await until(frames, "event"))[-1])["type"] == "evt.deployment.started"


async def test_lost_store_ends_the_stream(broker_store: Mute, memory_bus: MemoryBus) -> None:
    """The client is cut off, and goes on from its last id once the store is back."""
    async with world(broker_store, memory_bus) as w:
        deployment = await w.start()
        last, lasts = broker_store.last, broker_store.lasts

        async def away(_: object) -> None:
            raise Unavailable("no leader")

        async with stream(w, deployment) as frames:
            (snapshot,) = await until(frames, "snapshot")
            broker_store.last = broker_store.lasts = away  # type: ignore[method-assign, assignment]
            await starts(w, place_of(deployment), "t1")
            assert [frame.event async for frame in frames] == ["event"]
        broker_store.last, broker_store.lasts = last, lasts  # type: ignore[method-assign]
        async with stream(w, deployment, snapshot.id) as frames:
            assert [frame.event for frame in await until(frames, "view")] == ["event", "view"]
