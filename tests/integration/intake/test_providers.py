"""The door asks the tenant's own configuration."""

import pytest

from libs.config.model import Config, MetricProvider
from libs.config.store import Revised, write
from tests.integration.conftest import Open
from tests.integration.intake.world import FILE, TENANT, a_request, world

MEASURED = (
    FILE
    + """\
        - analysis: {interval: 1, units: minutes, numberOfJudgmentRuns: 2, queries: [errors]}
analysis:
  defaultMetricProviderName: metrics
  queries: [{name: errors, queryTemplate: "vector(1)", upperLimit: 1}]
"""
)


@pytest.mark.feature("F123", "F127")
async def test_provider_counts_once_it_is_configured(memory: Open) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        status, problem = await w.call("POST", "/deployments", a_request(config=MEASURED))
        assert (status, problem["problems"][-1]["code"]) == (422, "unknown_provider")
        providers = (MetricProvider("metrics", "prometheus", "http://metrics.test"),)
        await write(p.store, TENANT, Revised(Config(metric_providers=providers), 0), w.process.clock.now(), "ann")
        status, _ = await w.call("POST", "/deployments", a_request(config=MEASURED))
        assert status == 202
