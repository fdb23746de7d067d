"""The whole service: from the order to measure to the verdict, on the twin and on JetStream."""

from pathlib import Path
from typing import Any

import pytest

from libs.config.model import BasicAuth, MetricProvider
from libs.durable.partitions import Ports
from libs.messages.analysis import (
    AnalysisCancelled,
    AnalysisFailed,
    AnalysisHindered,
    AnalysisMeasured,
    AnalysisPassed,
    CancelAnalysis,
    Measurement,
)
from libs.runtime.clock import SystemClock
from libs.runtime.port import free_port
from libs.spec.model import Query
from tests.integration.conftest import Open
from tests.integration.evaluator.world import PLACE, RUN, World, serving
from tools.prometheus import Server

SHARE = Query('share{pod="{{context.pod}}"}', upper=0.25)


def metrics(server: Server, **changes: Any) -> MetricProvider:
    return MetricProvider(**{"name": "metrics", "type": "prometheus", "url": server.url, **changes})


def passed(reason: str) -> AnalysisPassed:
    return AnalysisPassed(target="prod", place=PLACE, reason=reason)


def failed(reason: str) -> AnalysisFailed:
    return AnalysisFailed(target="prod", place=PLACE, reason=reason)


@pytest.mark.feature("F98", "F123", "F126", "F127", "F128", "F130")
async def test_values_within_limits_pass(ports: Open, tmp_path: Path, prometheus: Server) -> None:
    async with ports() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(prometheus))
        async with serving(w):
            await w.start({"share": SHARE})
            assert await w.hears(AnalysisPassed) == passed("share 0.25 <= 0.25 (mean of 2: 0.25, 0.25)")
        told = await w.heard(AnalysisMeasured)
    assert [(one.number, one.measurements) for one in told] == [
        (number, (Measurement("share", 0.25),)) for number in (1, 2)
    ]


@pytest.mark.feature("F98", "F123", "F126", "F129")
async def test_one_query_outside_fails(ports: Open, tmp_path: Path, prometheus: Server) -> None:
    async with ports() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(prometheus))
        async with serving(w):
            await w.start({"share": SHARE, "total": Query("sum(share)", upper=0.5)}, runs=1)
            assert await w.hears(AnalysisFailed) == failed("total 0.75 > 0.5; share 0.25 <= 0.25")


async def test_cancelled_is_not_judged(ports: Open, tmp_path: Path, prometheus: Server) -> None:
    async with ports() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(prometheus))
        async with serving(w):
            await w.start({"share": SHARE}, runs=100)
            await w.hears(AnalysisMeasured)
            await w.say(CancelAnalysis(run=RUN))
            await w.hears(AnalysisCancelled)
        assert (await w.run()).timers == {}
        assert await w.heard(AnalysisFailed) == []


@pytest.mark.feature("F123")
async def test_provider_that_comes_back_is_asked_again(
    memory: Open, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.analysis.machine.RETRY_SECONDS", (0.1, 3.0))
    server = Server(programs, tmp_path, free_port())
    async with memory() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(server))
        async with serving(w):
            await w.start({"one": Query("vector(1)", upper=1)}, runs=1)
            hindered = await w.hears(AnalysisHindered)
            assert hindered.reason.startswith(f"one: {server.url}: cannot connect: ")
            server.start()
            try:
                assert await w.hears(AnalysisPassed) == passed("one 1 <= 1")
            finally:
                server.kill()


@pytest.mark.feature("F123")
async def test_secrets_are_sent_and_never_kept(memory: Open, tmp_path: Path, programs: Path) -> None:
    """The hash is of `wonderland`; Prometheus itself says that another password is wrong."""
    users = "basic_auth_users: {ann: $2b$04$abcdefghijklmnopqrstuujZkTwHUiJ9XdZPwKfcfDo7dMp5DjlTu}\n"
    server = Server(programs, tmp_path, free_port())
    server.start(users)
    try:
        async with memory() as p:
            w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
            w.secret("right", "wonderland\n")
            w.secret("wrong", "looking-glass")
            await w.configure(
                metrics(server, basic_auth=BasicAuth("ann", "right")),
                metrics(server, name="closed", basic_auth=BasicAuth("ann", "wrong")),
            )
            async with serving(w):
                queries = {"open": Query("vector(1)", upper=1), "shut": Query("vector(1)", "closed", upper=1)}
                await w.start(queries, runs=1)
                hindered = await w.hears(AnalysisHindered)
                assert hindered.reason == "shut: the provider answers 401: Unauthorized"
                assert (await w.run()).state.heard == (Measurement("open", 1.0),)
            stored = await w.everything_stored()
        assert ("wonderland" in stored, "looking-glass" in stored) == (False, False)
    finally:
        server.kill()


async def test_private_address_is_not_asked_in_production(memory: Open, tmp_path: Path, prometheus: Server) -> None:
    async with memory() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(prometheus))
        async with serving(w, profile="production"):
            await w.start({"share": SHARE}, runs=1)
            reason = (await w.hears(AnalysisHindered)).reason
    assert "127.0.0.1, which is not a public address" in reason
    assert "FAIRLEAD_EVALUATOR_ALLOW_PRIVATE" in reason


async def test_named_network_is_asked_in_production(memory: Open, tmp_path: Path, prometheus: Server) -> None:
    async with memory() as p:
        w = World(Ports(p.bus, p.store, SystemClock()), tmp_path)
        await w.configure(metrics(prometheus))
        async with serving(w, profile="production", evaluator_allow_private=("127.0.0.1/32",)):
            await w.start({"share": SHARE}, runs=1)
            assert await w.hears(AnalysisPassed) == passed("share 0.25 <= 0.25")
