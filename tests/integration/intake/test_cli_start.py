"""What `deploy start` sends besides the file, as a server sees it."""

from pathlib import Path

import msgspec
import pytest

from cli.exits import Exit
from libs.deployment.state import Phase
from tests.builders import a_deployment
from tests.integration.conftest import Open
from tests.integration.intake.test_cli import cli, folder
from tests.integration.intake.world import World, place_of, world

__all__ = ["folder"]


@pytest.mark.feature("F155", "F158", "F159", "F164")
async def test_start_sends_everything(memory: Open, folder: Path) -> None:
    (folder / "scm.yml").write_text("sha: abc\n")
    options = "-f deploy.yml -n store --targetFilters prod --add-context release=7,region=eu --with-scm-file scm.yml"
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "start", *options.split(), w=w)
        assert result.code == Exit.DONE, result.err
        _, view = await w.call("GET", f"/deployments/{result.out.strip()}")
        assert (view["application"], view["context"]) == ("store", {"release": "7", "region": "eu"})
        assert view["sourceControl"] == {"sha": "abc"}
        shown = await cli(folder, "deploy", "status", w=w)
        assert "release=7, region=eu" in shown.out


@pytest.mark.feature("F156")
async def test_account_is_that_of_every_target(memory: Open, folder: Path) -> None:
    file = folder / "deploy.yml"
    file.write_text(file.read_text().replace("    account: prod\n", ""))
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", "--account", "prod", w=w)
        assert result.code == Exit.DONE, result.err
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", "-n", "other", "--account", "eu", w=w)
        assert (result.code, 'no agent is registered as "eu"' in result.err) == (Exit.WRONG, True)


async def test_refused_start_warns_once(memory: Open, folder: Path) -> None:
    file = folder / "deploy.yml"
    file.write_text(file.read_text().rstrip() + "\n        - setWeight: {weight: 10}\n")
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", "--account", "nosuch", w=w)
        assert (result.code, result.err.count("warning: ")) == (Exit.WRONG, 1), result.err


@pytest.mark.feature("F157")
async def test_earlier_deployment_starts_again(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first = await w.start()
        await w.commits(place_of(first), a_deployment(phase=Phase.SUCCEEDED))
        await w.heard(first, "succeeded")
        result = await cli(folder, "deploy", "start", "-i", first, "--add-context", "release=8", w=w)
        _, view = await w.call("GET", f"/deployments/{result.out.strip()}")
        assert (view["redeploys"], view["context"]) == (first, {"release": "8"})


async def test_undo_deploys_the_one_before(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        for _ in range(2):
            deployment = await w.start()
            await w.commits(place_of(deployment), a_deployment(phase=Phase.SUCCEEDED))
            await w.heard(deployment, "succeeded")
        assert (await cli(folder, "deploy", "undo", w=w)).code == Exit.DONE


@pytest.mark.parametrize("options", ["", "-f deploy.yml -i abc", "-i abc -n other", "-f deploy.yml --add-context a"])
async def test_contradiction_is_wrong(memory: Open, folder: Path, options: str) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        assert (await cli(folder, "deploy", "start", *options.split(), w=w)).code == Exit.WRONG


async def test_timeout_still_prints_json(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        options = "-f deploy.yml --watch --timeout 0.5 -o json"
        result = await cli(folder, "deploy", "start", *options.split(), w=w)
        assert (result.code, msgspec.json.decode(result.out)["phase"]) == (Exit.TIMEOUT, "accepted")


async def test_warning_is_said_once(memory: Open, folder: Path) -> None:
    file = folder / "deploy.yml"
    file.write_text(file.read_text() + 'context:\n  page: "{{context.page}}"\n')
    async with memory() as p, world(p.store, p.bus) as w:
        result = await cli(folder, "deploy", "start", "-f", "deploy.yml", w=w)
        assert (result.code, result.err.count("holds a template")) == (Exit.DONE, 1)


async def test_undo_says_what_comes_back(memory: Open, folder: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        first, second = [await _succeeded(w) for _ in range(2)]
        result = await cli(folder, "deploy", "undo", second, w=w)
        assert result.code == Exit.DONE, result.err
        assert "deploys shop as it was started by ann at " in result.err
        assert f"({first})" in result.err


async def _succeeded(w: World) -> str:
    deployment = await w.start()
    await w.commits(place_of(deployment), a_deployment(phase=Phase.SUCCEEDED))
    await w.heard(deployment, "succeeded")
    return deployment
