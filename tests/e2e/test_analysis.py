"""Releases that a real Prometheus decides."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from libs.runtime.port import free_port
from tests.e2e.installation import installed
from tests.e2e.person import Person
from tests.e2e.releases import Releases
from tests.e2e.test_webhooks import kill_services
from tests.prometheus import programs_here, ready
from tools.prometheus import Server

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[Server]:
    folder = tmp_path / "prometheus"
    folder.mkdir()
    server = Server(programs_here(), folder, free_port())
    server.start()
    await ready(server)
    yield server
    server.kill()


def a_file(version: str, limit: float) -> str:
    """Analysed in its canary and after it; the value of the query is what the file's context says."""
    analysis = {"analysis": {"interval": 2, "units": "seconds", "numberOfJudgmentRuns": 2, "queries": ["errors"]}}
    query: dict[str, Any] = {"name": "errors", "queryTemplate": "vector({{context.errors}})", "upperLimit": limit}
    target = {"account": "staging", "namespace": "shop", "strategy": "careful"}
    document = {
        "version": "v1",
        "kind": "kubernetes",
        "application": "shop",
        "context": {"errors": "0.03"},
        "targets": {"staging": target | {"constraints": {"afterDeployment": [analysis]}}},
        "manifests": [{"path": f"manifests/{part}"} for part in ("namespace.yml", "service.yml", version)],
        "strategies": {"careful": {"canary": {"steps": [{"setWeight": {"weight": 50}}, analysis]}}},
        "analysis": {"defaultMetricProviderName": "metrics", "queries": [query]},
    }
    return yaml.safe_dump(document, sort_keys=False)


async def configured(person: Person, server: Server, folder: Path) -> None:
    path = folder / "config.yml"
    provider = {"name": "metrics", "type": "prometheus", "url": server.url}
    path.write_text(yaml.safe_dump({"metricProviders": [provider]}))
    applied = await person.fairlead("config", "apply", "-f", str(path))
    assert applied.returncode == 0, applied.stdout + applied.stderr


@pytest.mark.feature("F42", "F98", "F103", "F104", "F123", "F126", "F127", "F128", "F130")
async def test_analyses_decide_releases(tmp_path: Path, prometheus: Server) -> None:
    releases = Releases(tmp_path / "shop")
    async with installed(tmp_path / "state") as (installation, person):
        await configured(person, prometheus, tmp_path)
        first = await person.start(releases.text("first.yml", a_file("v1", 0.03)))
        code, story = await person.story(first)
        assert code == 0, story

        good = await person.start(releases.text("good.yml", a_file("v2", 0.03)))
        # Whoever measures may die: what comes after measures the same windows.
        kill_services(installation)
        code, story = await person.story(good)
        assert code == 0, story
        assert story.count("passed: errors 0.03 <= 0.03 (mean of 2: 0.03, 0.03)") == 2

        bad = await person.start(releases.text("bad.yml", a_file("v1", 0.02)))
        code, story = await person.story(bad)
        assert code == 1, story
        assert "errors 0.03 > 0.02 (mean of 2: 0.03, 0.03)" in story
        assert "rolled back" in story
        assert installation.stop() == 0
