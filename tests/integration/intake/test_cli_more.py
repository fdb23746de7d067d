"""Commands that look, prepare and check, as scripts see them."""

from pathlib import Path

import msgspec
import pytest

from cli.exits import Exit
from libs.deployment.state import Phase
from tests.builders import a_deployment
from tests.integration.conftest import Open
from tests.integration.intake.test_cli import cli, folder
from tests.integration.intake.world import place_of, world

__all__ = ["folder"]


@pytest.mark.feature("F53", "F165")
@pytest.mark.parametrize("strategy", ["canary", "bluegreen"])
@pytest.mark.parametrize("feature", ["manual", "automated", "traffic", "webhook"])
async def test_template_is_valid(folder: Path, strategy: str, feature: str) -> None:
    made = await cli(folder, "template", "kubernetes", strategy, "--features", feature)
    (folder / "made.yml").write_text(made.out)
    assert (await cli(folder, "validate", "-f", "made.yml")).code == Exit.DONE


async def test_unknown_feature_is_wrong(folder: Path) -> None:
    assert (await cli(folder, "template", "kubernetes", "canary", "-f", "manual,magic")).code == Exit.WRONG


async def test_plan_needs_no_server(folder: Path) -> None:
    shown = await cli(folder, "plan", "-f", "deploy.yml")
    assert (shown.code, "50 %" in shown.out) == (Exit.DONE, True)
    document = msgspec.json.decode((await cli(folder, "plan", "-f", "deploy.yml", "-o", "json")).out)
    assert [target["name"] for target in document["targets"]] == ["prod"]
    assert (await cli(folder, "plan", "-f", "deploy.yml", "-t", "prd")).code == Exit.WRONG
    assert (await cli(folder, "plan", "-f", "wrong.yml")).code == Exit.WRONG


async def test_doctor_names_what_is_wrong(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "doctor", w=w)
        assert result.code == Exit.FAILED
        lines = [line.split(":")[0] for line in result.out.splitlines()]
        assert lines == ["ok   server", "ok   services", "ok   clocks", "ok   token", "BAD  agents"]
        refused = await cli(folder, "doctor", w=w, token="nonsense")
        assert "BAD  token" in refused.out
    nobody = await cli(folder, "doctor", "--server", "http://127.0.0.1:1", "--token", "x")
    assert (nobody.code, "BAD  server" in nobody.out) == (Exit.FAILED, True)


async def test_agent_is_shown_alone(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        shown = await cli(folder, "agent", "show", "prod", "-o", "json", w=w)
        assert (shown.code, msgspec.json.decode(shown.out)["connected"]) == (Exit.FAILED, False)
        assert (await cli(folder, "agent", "show", "prd", w=w)).code == Exit.FAILED


async def test_explain_speaks_json(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        await w.commits(place_of(deployment), a_deployment(phase=Phase.FAILED))
        result = await cli(folder, "deploy", "explain", deployment, "-o", "json", w=w)
        (reason,) = msgspec.json.decode(result.out)["reasons"]
        assert (reason["words"], reason["command"]) == (
            "the deployment failed",
            f"fairlead deploy redeploy {deployment}",
        )


@pytest.mark.parametrize("verb", ["pause", "resume", "advance"])
async def test_order_without_aim_is_refused(memory: Open, folder: Path, verb: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        await w.commits(place_of(await w.start()), a_deployment())
        result = await cli(folder, "deploy", verb, w=w)
        assert (result.code, result.err != "") == (Exit.FAILED, True)
