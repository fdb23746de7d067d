"""The chapter about blue/green: both versions whole, and a person who decides when the traffic moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cli.demo.chapters.clusters import leads_to
from cli.demo.chapters.installation import Keys
from cli.demo.history import expect, read_back
from cli.demo.teller import Teller
from cli.exits import Exit
from cli.options import Options
from cli.server.client import Client, connected

OLD, NEW = "1.27-alpine", "1.28-alpine"


async def side_by_side(teller: Teller, keys: Keys) -> None:
    teller.chapter("Blue/green: version 2 of the catalog stands whole beside version 1; a designer looks and agrees")
    expect(await teller.deploy("blue-green/v1.yml") == Exit.DONE, "the catalog's version 1 succeeds")

    async def look() -> None:
        await _expect_services(teller, {"catalog": {OLD}, "catalog-preview": {NEW}})

    async with _designer(teller, keys) as designer:
        ended = await teller.deploy_with_approval("blue-green/v2.yml", designer, look)
    expect(ended == Exit.DONE, "the catalog's version 2 succeeds")
    told = await read_back(teller.client)
    moved, gone = (told.place("staging", "step-started", step) for step in ("redirectTraffic", "shutDownOld"))
    expect(told.place("staging", "passed") < moved < gone, "traffic moves after the approval, before version 1 goes")
    await _expect_services(teller, {"catalog": {NEW}, "catalog-preview": {NEW}})


@asynccontextmanager
async def _designer(teller: Teller, keys: Keys) -> AsyncIterator[Client]:
    """The way in of somebody who may approve what asks for a designer, and nothing else."""
    options = Options(server=teller.client.place.server, token=await keys.token(keys.designer))
    async with connected(options, teller.output) as client:
        yield client


async def _expect_services(teller: Teller, wanted: dict[str, set[str]]) -> None:
    for service, images in wanted.items():
        found = await leads_to(teller.place, "catalog", service)
        teller.output.line(
            f"  in the cluster: the Service {service} leads to {' and '.join(sorted(found)) or 'nothing'}"
        )
        expect(found == images, f"the Service {service} leads to {' and '.join(images)}")
