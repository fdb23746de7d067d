"""The first chapters: a first deployment, a canary with a person's approval, and a version that cannot run."""

from cli.demo.history import expect, read_back
from cli.demo.teller import Teller
from cli.exits import Exit


async def first(teller: Teller) -> None:
    teller.chapter("Version 1 goes to staging and prod. There is no old version: it goes straight to 100 %")
    expect(await teller.deploy("shop/v1.yml") == Exit.DONE, "version 1 succeeds")


async def careful(teller: Teller) -> None:
    teller.chapter("Version 2: a canary in staging at 25 and 50 %, then prod, once a person agrees")
    expect(await teller.deploy_with_approval("shop/v2.yml") == Exit.DONE, "version 2 succeeds")
    told = await read_back(teller.client)
    expect(told.weights("staging") == [25, 50, 100], "staging gets 25, 50 and 100 %")
    expect(told.weights("prod") == [25, 50, 100], "prod gets 25, 50 and 100 %")
    expect(told.place("staging", "landed") < told.place("prod", "target-started"), "prod begins after staging is done")


async def broken(teller: Teller) -> None:
    teller.chapter("Version 3 has an image that nobody can pull: staging says why it waits, and goes back by itself")
    expect(await teller.deploy("shop/v3.yml") == Exit.FAILED, "version 3 fails")
    told = await read_back(teller.client)
    expect(told.says("staging", "hindered"), "staging says why it waits")
    expect(told.says("staging", "rolled-back"), "staging goes back by itself")
    expect(not told.says("prod", "target-started"), "prod is never touched")
