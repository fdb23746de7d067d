"""A deployment named by the beginning of its id, as people copy it from a list."""

from itertools import count
from pathlib import Path

import msgspec

from cli.exits import Exit
from tests.integration.conftest import Open
from tests.integration.intake.test_cli import cli
from tests.integration.intake.world import World, world


async def test_beginning_of_an_id_is_enough(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        deployment = await w.start()
        for beginning in (deployment[:3], deployment[:13].upper()):
            result = await cli(tmp_path, "deploy", "status", "-i", beginning, "-o", "json", w=w)
            assert msgspec.json.decode(result.out)["id"] == deployment
        assert "there is no deployment" in (await cli(tmp_path, "deploy", "status", "ffffffff-f", w=w)).err


async def test_beginning_of_several_ids_lists_them(memory: Open, tmp_path: Path) -> None:
    async with memory() as p, world(p.store, p.bus) as w:
        ids = await alike(w)
        result = await cli(tmp_path, "deploy", "abort", ids[0][:3], w=w)
        assert (result.code, all(f"  {one}  app-" in result.err for one in ids)) == (Exit.WRONG, True)
        listed = await cli(tmp_path, "deploy", "list", "-i", ids[0][:3], "-o", "json", w=w)
        assert {one["id"] for one in msgspec.json.decode(listed.out)["deployments"]} == set(ids)


async def alike(w: World) -> list[str]:
    """Deployments whose ids begin alike; there are sixteen partitions, so it takes a while to meet two."""
    started: dict[str, list[str]] = {}
    for number in count():
        one = await w.start(application=f"app-{number}")
        started.setdefault(one[:3], []).append(one)
        if len(started[one[:3]]) > 1:
            break
    return started[one[:3]]
