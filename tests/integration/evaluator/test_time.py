"""Windows on a clock that is moved, and through the death of whoever measures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from libs.analysis.state import Phase
from libs.bus.broker import Broker
from libs.bus.memory import MemoryBus
from libs.config.model import MetricProvider
from libs.durable.partitions import Ports
from libs.durable.service import serve_partition
from libs.messages.analysis import AnalysisFailed, AnalysisHindered, AnalysisMeasured, AnalysisPassed
from libs.runtime.clock import SystemClock
from libs.runtime.nats_server import NatsServer
from libs.runtime.port import free_port
from libs.secrets.folder import SecretFolder
from libs.spec.model import Query
from libs.store.memory import MemoryStore
from services.evaluator.service import listening, reaching
from services.evaluator.settings import Settings
from tests.clock import VirtualClock, settle
from tests.crash import Crashed, CrashingBus, CrashingStore, Fuse
from tests.integration.conftest import real_ports
from tests.integration.evaluator.conftest import MINUTES
from tests.integration.evaluator.world import KEY, World, a_process, process_of_its_own
from tests.prometheus import ready
from tests.waiting import eventually
from tools.prometheus import Server

NEVER = 10**9
START = VirtualClock().now()
ENDS = Query("{{armory.endTimeEpochMillis}}", lower=0)
"""Its value is the end of the window."""


class Planet:
    """A broker on a clock of its own; whoever serves on it may be stopped by a fuse."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.broker = Broker(self.clock)
        self.world = World(Ports(MemoryBus(self.broker), MemoryStore(self.broker), self.clock), folder)

    async def serve(self, fuse: Fuse) -> None:
        process = a_process(self.world, "evaluator-1", "development")
        store = CrashingStore(MemoryStore(self.broker), fuse)
        ports = Ports(CrashingBus(self.broker, fuse), store, self.clock)
        async with reaching(Settings(), self.world.ports, process) as reach:
            service = listening(ports, SecretFolder(self.world.folder / "secrets"), reach)
            await serve_partition(service, ports, KEY.partition)

    @asynccontextmanager
    async def serving(self, fuse: Fuse | None = None) -> AsyncIterator[asyncio.Task[None]]:
        """Whoever serves dies with the fuse, and another takes its place."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._lives(fuse or Fuse(NEVER, after=False)))
            await settle()
            yield task
            task.cancel()

    async def pass_time(self, seconds: int) -> None:
        """Moves the clock; what is asked of a real server on the way is waited for."""
        for _ in range(seconds):
            await self.clock.advance(1)
            self.broker.tick()
            await settle()
            await eventually(self._is_quiet)

    async def _is_quiet(self) -> bool:
        return (await self.world.run()).state.phase is not Phase.ASKING

    async def _lives(self, fuse: Fuse) -> None:
        try:
            await self.serve(fuse)
        except BaseExceptionGroup as group:
            # A process that is no more says nothing else.
            if group.split(Crashed)[0] is None:
                raise
        except Crashed:
            pass
        task = asyncio.current_task()
        if task is None or not task.cancelling():  # nobody starts again what crashed as it was told to end
            await self.serve(Fuse(NEVER, after=False))


def metrics(server: Server) -> MetricProvider:
    return MetricProvider("metrics", "prometheus", server.url)


async def values(w: World) -> list[float | None]:
    return [one.value for told in await w.heard(AnalysisMeasured) for one in told.measurements]


def millis(*minutes: int) -> list[float]:
    return [START.timestamp() * 1000 + 60_000 * minute for minute in minutes]


async def measured(planet: Planet, server: Server, template: str, **changes: Any) -> list[float | None]:
    """What three runs, one a minute, give."""
    await planet.world.configure(metrics(server))
    await planet.world.start({"errors": Query(template, upper=0.02)}, interval_seconds=60, runs=3, **changes)
    async with planet.serving():
        await planet.pass_time(185)
    return await values(planet.world)


@pytest.mark.feature("F52", "F128", "F131")
async def test_sliding_windows_cover_minute_after_minute(tmp_path: Path, prometheus: Server) -> None:
    planet = Planet(tmp_path)
    template = 'max(max_over_time(errors{version="{{armory.replicaSetName}}"}[{{armory.promQlStepInterval}}]))'
    assert await measured(planet, prometheus, template) == list(MINUTES)
    (failed,) = await planet.world.heard(AnalysisFailed)
    assert failed.reason == "errors 0.031 > 0.02 (mean of 3: 0.01, 0.02, 0.063)"


async def test_figure_that_stays_behind_counts_where_the_query_does_not_ask_for_its_age(
    tmp_path: Path, prometheus: Server
) -> None:
    """Prometheus gives the last one for five minutes, as if it were of now."""
    assert await measured(Planet(tmp_path), prometheus, "stuck") == [MINUTES[0]] * 3


async def test_query_may_refuse_a_figure_from_before_its_window(tmp_path: Path, prometheus: Server) -> None:
    planet = Planet(tmp_path)
    template = "stuck unless timestamp(stuck) <= {{armory.startTimeEpochSeconds}}"
    assert (await measured(planet, prometheus, template))[0] == MINUTES[0]
    (failed,) = await planet.world.heard(AnalysisFailed)
    assert failed.reason == "errors: no data: the query gives nothing for this time"


@pytest.mark.feature("F131")
async def test_growing_windows_cover_all_that_was(tmp_path: Path, prometheus: Server) -> None:
    planet = Planet(tmp_path)
    template = 'min(min_over_time(errors{version="{{armory.replicaSetName}}"}[{{armory.promQlStepInterval}}]))'
    assert await measured(planet, prometheus, template, lookback="growing") == [0.01, 0.01, 0.01]
    assert len(await planet.world.heard(AnalysisPassed)) == 1


@pytest.mark.feature("F132")
async def test_aborting_early_spares_the_rest(tmp_path: Path, prometheus: Server) -> None:
    planet = Planet(tmp_path)
    template = 'sum(errors{version="web-new"}) * 2'
    assert await measured(planet, prometheus, template, aborts_early=True) == [0.02, 0.04]
    (failed,) = await planet.world.heard(AnalysisFailed)
    assert failed.reason == "run 2 of 3: errors 0.04 > 0.02"


@pytest.mark.feature("F123")
async def test_provider_that_comes_back_is_asked_for_the_same_window(tmp_path: Path, programs: Path) -> None:
    planet, server = Planet(tmp_path), Server(programs, tmp_path, free_port())
    await planet.world.configure(metrics(server))
    await planet.world.start({"ends": ENDS}, interval_seconds=60, runs=1)
    async with planet.serving():
        await planet.pass_time(61)
        (hindered,) = await planet.world.heard(AnalysisHindered)
        assert hindered.reason.startswith(f"ends: {server.url}: cannot connect: ")
        server.start()
        try:
            await ready(server)
            await planet.pass_time(6)
        finally:
            server.kill()
    assert await values(planet.world) == millis(1)
    assert len(await planet.world.heard(AnalysisPassed)) == 1


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ('errors{version="nobody"}', "no data"),
        ("share{", 'Prometheus answers 400 (bad_data): invalid parameter "query": 1:7: parse error: unexpected end'),
        (
            'vector(1) or label_replace(vector(2), "pod", "b", "", "")',
            'the query gives 2 values, not one: {}, {pod="b"}',
        ),
        ("share[5m]", "the query gives a matrix, not one value"),
        ("vector(0) / 0", "the value is NaN"),
        ("{{context.nobody}}", "queryTemplate, line 1, column 1: {{context.nobody}} has no value"),
        ("{{secrets.nobody}}", "there is no secret 'nobody'"),
    ],
)
@pytest.mark.feature("F123")
async def test_query_without_a_value_fails_in_the_providers_words(
    tmp_path: Path, prometheus: Server, template: str, problem: str
) -> None:
    planet = Planet(tmp_path)
    async with planet.serving():
        await planet.world.configure(metrics(prometheus))
        await planet.world.start({"broken": Query(template, upper=1)})
        await planet.pass_time(25)
    (failed,) = await planet.world.heard(AnalysisFailed)
    assert failed.reason.startswith(f"broken: {problem}")
    assert len(await planet.world.heard(AnalysisHindered)) == 2


async def test_other_providers_are_refused_by_name(tmp_path: Path) -> None:
    planet = Planet(tmp_path)
    async with planet.serving():
        await planet.world.configure(MetricProvider("metrics", "datadog", "https://api.datadoghq.test"))
        await planet.world.start({"one": Query("1", upper=1), "two": Query("1", "nobody", upper=1)})
        await planet.pass_time(25)
    (failed,) = await planet.world.heard(AnalysisFailed)
    assert failed.reason == (
        "one: metrics is a datadog provider, which this release cannot ask; use prometheus; "
        "two: no metric provider is configured as 'nobody'; configured: metrics"
    )


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_dying_anywhere_changes_no_window(tmp_path: Path, prometheus: Server, after: bool) -> None:
    """At every call of a port, before it did anything and after it did."""
    for call in range(1, NEVER):
        planet, fuse = Planet(tmp_path), Fuse(call, after)
        await planet.world.configure(metrics(prometheus))
        await planet.world.start({"ends": ENDS}, interval_seconds=60, runs=2)
        async with planet.serving(fuse):
            await planet.pass_time(125)
        assert await values(planet.world) == millis(1, 2), f"stopped at call {call}"
        assert len(await planet.world.heard(AnalysisPassed)) == 1
        if not fuse.blown:
            break
    assert call > 10


async def test_service_that_was_away_catches_up(tmp_path: Path, prometheus: Server) -> None:
    planet = Planet(tmp_path)
    await planet.world.configure(metrics(prometheus))
    await planet.world.start({"ends": ENDS}, interval_seconds=60, runs=3)
    async with planet.serving():
        await planet.pass_time(1)
    await planet.clock.advance(3600)
    planet.broker.tick()
    async with planet.serving():
        await planet.pass_time(5)
    assert await values(planet.world) == millis(1, 2, 3)


async def test_killed_process_leaves_its_windows_to_the_next(
    server: NatsServer, tmp_path: Path, prometheus: Server
) -> None:
    async with real_ports(server)() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(prometheus))
        async with process_of_its_own(tmp_path, server.url) as first:
            await w.start({"ends": ENDS}, runs=5)
            await w.hears(AnalysisMeasured)
            first.kill()
            await first.wait()
        async with process_of_its_own(tmp_path, server.url):
            await w.hears(AnalysisPassed, 40)
        found = await values(w)
    assert [value - found[0] for value in found if value and found[0]] == [0, 1000, 2000, 3000, 4000]
