"""A sandbox that runs for hours of releases: nothing that it keeps may grow with what went by."""

import gc
from pathlib import Path
from typing import Any

import pytest

from sandbox.admin.audit import LATEST
from sandbox.objects import fields
from sandbox.server import Options, running
from sandbox.simulation.chronicle import LIFETIME, MOST
from sandbox.state import journal
from sandbox.state.cluster import Cluster
from tests.clock import VirtualClock
from tests.unit.sandbox.conftest import Client
from tests.unit.sandbox.objects import a_deployment

RELEASES = 100
HISTORY = 50


@pytest.fixture
def small_journal(monkeypatch: pytest.MonkeyPatch) -> int:
    """A journal that is rewritten so early that a short test sees it."""
    monkeypatch.setattr(journal, "SMALLEST_COMPACTION", 512 * 1024)
    return 512 * 1024


async def releases(client: Client, first: int, count: int) -> None:
    """As an hour of them would come: each a version of its own, ended before the next."""
    for version in range(first, first + count):
        image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": f"shop/web:{version}"}]
        code, answer = await client.patch("json", "Deployment", "web", image)
        assert code == 200, answer
        await client.later(30)


def kept(cluster: Cluster) -> dict[str, int]:
    """How much of everything there is."""
    counts: dict[str, int] = {}
    for ref, _ in cluster.store.everything():
        counts[ref.resource] = counts.get(ref.resource, 0) + 1
    return counts


async def test_hours_of_releases_leave_nothing(tmp_path: Path, small_journal: int) -> None:
    clock = VirtualClock()
    async with running(Options(nodes=2, history=HISTORY, state_dir=tmp_path), clock) as (api, cluster):
        client = Client(api, clock)
        await client.later(0)
        await client.create(a_deployment(replicas=3))
        await releases(client, 1, RELEASES)
        before, objects = kept(cluster), live_objects()
        await releases(client, 1 + RELEASES, RELEASES)
        after = kept(cluster)
        assert {name: n for name, n in after.items() if name != "events"} == {
            name: n for name, n in before.items() if name != "events"
        }
        assert after["events"] <= MOST
        assert live_objects() <= objects * 1.05 + RELEASES, "memory grows with what went by"
        history: dict[str, Any] = cluster.store._events
        assert all(len(events) <= HISTORY for events in history.values())
        _, report = await client.ask("GET", "/sandbox/requests")
        assert len(report["mutations"]) <= LATEST
    assert (tmp_path / "journal.jsonl").stat().st_size < small_journal * (journal.GROWTH + 1)


async def test_events_are_forgotten_in_time() -> None:
    clock = VirtualClock()
    async with running(Options(nodes=1), clock) as (api, cluster):
        client = Client(api, clock)
        await client.later(0)
        await client.create(a_deployment(replicas=2))
        await client.later(5)
        assert kept(cluster)["events"] > 0
        await client.later(LIFETIME.total_seconds())
        await client.create(a_deployment(name="other", replicas=1))
        await client.later(5)
        _, listed = await client.ask("GET", "/api/v1/namespaces/default/events")
        assert {one["involvedObject"]["name"].partition("-")[0] for one in listed["items"]} == {"other"}


def live_objects() -> int:
    """Without what the caches of field sets hold, which have bounds of their own and fill slowly."""
    for function in vars(fields).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()
    gc.collect()
    return len(gc.get_objects())
