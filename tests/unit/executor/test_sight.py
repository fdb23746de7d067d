"""Own reads and writes over what the watches show, and when the watch is the newer of the two."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

import msgspec
import pytest

from libs.link.memory import MemoryLink
from libs.messages.agent import Ask, Frame
from libs.workload.kinds.naming import APPLICATION, ENVIRONMENT
from libs.workload.kinds.objects import Identity, Object, replica_set_identity, text
from services.executor.clusters import Place, Watch
from services.executor.sight import Sight
from tests.clock import VirtualClock, settle

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WEB = replica_set_identity("shop", "web-1")
SETTINGS = Identity("", "ConfigMap", "shop", "web")


def web(version: str, uid: str = "u1") -> Object:
    annotations = {APPLICATION: "shop", ENVIRONMENT: "prod"}
    metadata = {
        "name": "web-1",
        "namespace": "shop",
        "uid": uid,
        "resourceVersion": version,
        "annotations": annotations,
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata}


class World:
    """A namespace whose ReplicaSets the test moves by hand."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Object | None] = asyncio.Queue()
        self.listed = "10"
        self.watch = Watch(Place("t", "eu", "shop"), MemoryLink(self._answers), VirtualClock(), Random(1))
        self.sight = Sight({"shop": self.watch})

    async def tell(self, kind: str, value: Object) -> None:
        self.events.put_nowait({"type": kind, "object": value})
        await settle()

    async def come_back(self, version: str) -> None:
        """As from a backup: the watch ends, and what is listed then is as old as that."""
        self.listed = version
        self.events.put_nowait(None)
        await settle()

    async def _answers(self, tenant: str, agent: str, ask: Ask) -> AsyncGenerator[Frame, None]:
        is_pods = "/pods" in ask.path
        if ask.verb == "request":
            items = [] if is_pods else [web(self.listed)]
            page = {"metadata": {"resourceVersion": self.listed}, "kind": "ReplicaSetList", "items": items}
            yield Frame(0, 200, body=msgspec.json.encode(page), last=True)
            return
        yield Frame(0, 200)
        for seq in range(1, 100):
            event = await (asyncio.Event().wait() if is_pods else self.events.get())
            if event is None:
                break
            yield Frame(seq, body=msgspec.json.encode(event) + b"\n")
        yield Frame(seq, last=True)


@asynccontextmanager
async def worlds() -> AsyncIterator[World]:
    world = World()
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(world.watch.run())
        await settle()
        yield world
        watching.cancel()


def version(sight: Sight) -> str | None:
    live = sight.live(WEB)
    return None if live is None else text(live, "metadata", "resourceVersion")


async def test_nothing_is_seen_before_the_list() -> None:
    since, why = World().sight.blind() or (None, "")
    assert since is not None
    assert why == "not listed yet"


async def test_silent_namespace_was_last_seen_then() -> None:
    async with worlds() as world:
        assert world.sight.last_seen("shop") is None
        world.watch.pulse.since = NOW
        assert (world.sight.last_seen("shop"), world.sight.last_seen("elsewhere")) == (NOW, None)


async def test_namespace_is_not_seen_before_the_list() -> None:
    world = World()
    assert world.sight.last_seen("shop") is not None


async def test_watch_alone_is_shown() -> None:
    async with worlds() as world:
        assert (world.sight.blind(), version(world.sight)) == (None, "10")


async def test_own_write_is_newer_until_overtaken() -> None:
    async with worlds() as world:
        world.sight.learn({WEB: web("12")})
        await world.tell("MODIFIED", web("11"))
        assert version(world.sight) == "12"
        await world.tell("MODIFIED", web("12"))
        await world.tell("MODIFIED", web("13"))
        assert version(world.sight) == "13"


async def test_old_answer_does_not_cover_the_watch() -> None:
    async with worlds() as world:
        world.sight.learn({WEB: web("9")})
        assert version(world.sight) == "10"


@pytest.mark.parametrize("strange", ["", "x", "-1", "1.5", "9" * 30 + "x"])
async def test_strange_version_yields_to_the_watch(strange: str) -> None:
    async with worlds() as world:
        world.sight.learn({WEB: web(strange)})
        assert version(world.sight) == "10"


async def test_own_deletion_hides_what_the_watch_still_shows() -> None:
    async with worlds() as world:
        world.sight.learn({WEB: None})
        assert world.sight.live(WEB) is None
        await world.tell("MODIFIED", web("11"))
        assert world.sight.live(WEB) is None
        await world.tell("DELETED", web("12"))
        assert world.sight.live(WEB) is None


async def test_namesake_made_anew_is_shown() -> None:
    async with worlds() as world:
        world.sight.learn({WEB: None})
        await world.tell("DELETED", web("11"))
        await world.tell("ADDED", web("12", uid="u2"))
        assert version(world.sight) == "12"


async def test_what_no_watch_shows_is_kept() -> None:
    async with worlds() as world:
        world.sight.learn({SETTINGS: {"metadata": {"resourceVersion": "1"}}})
        await world.tell("MODIFIED", web("99"))
        assert world.sight.live(SETTINGS) == {"metadata": {"resourceVersion": "1"}}
        world.sight.learn({SETTINGS: None})
        assert world.sight.seen().objects[SETTINGS] is None


async def test_unlabelled_version_outlives_later_news_of_others() -> None:
    """A Deployment's own ReplicaSet, read before it is marked: the watch never speaks of it."""
    async with worlds() as world:
        theirs = replica_set_identity("shop", "theirs-1")
        found = {"metadata": {"name": "theirs-1", "namespace": "shop", "uid": "u9", "resourceVersion": "3"}}
        world.sight.learn({theirs: found})
        await world.tell("MODIFIED", web("99"))
        assert world.sight.live(theirs) == found


async def test_changes_of_the_rollout_wake() -> None:
    async with worlds() as world:
        mine, others = asyncio.Event(), asyncio.Event()
        with world.sight.following("shop", "prod", mine), world.sight.following("shop", "qa", others):
            await world.tell("MODIFIED", web("11"))
        assert (mine.is_set(), others.is_set()) == (True, False)


@pytest.mark.parametrize("answer", [web("12"), None])
async def test_no_answer_counts_once_the_cluster_came_back_older(answer: Object | None) -> None:
    async with worlds() as world:
        world.sight.learn({WEB: answer, SETTINGS: {"metadata": {"resourceVersion": "1"}}})
        await world.come_back("9")
        assert (version(world.sight), world.sight.live(SETTINGS)) == ("9", None)


async def test_answers_outlive_a_watch_that_ends() -> None:
    async with worlds() as world:
        world.sight.learn({WEB: web("12")})
        await world.come_back("12")
        assert version(world.sight) == "12"


async def test_answer_is_lost_with_a_backup_from_between() -> None:
    """Younger than what the watch had told, older than the answer."""
    async with worlds() as world:
        world.sight.learn({WEB: web("12")})
        await world.come_back("11")
        assert version(world.sight) == "11"
