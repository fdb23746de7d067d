"""The chapter about webhooks: somebody's test suite is called in the middle of a release and decides it."""

from cli.demo.beside import Neighbours
from cli.demo.chapters.installation import Keys
from cli.demo.history import expect, read_back
from cli.demo.teller import Teller
from cli.exits import Exit

FILE = "webhook/v4.yml"


async def tested(teller: Teller, neighbours: Neighbours, keys: Keys) -> None:
    teller.chapter("Version 4 is half out when a test suite is called; it calls back, and that decides")
    settings = {
        "CLIENT_ID": keys.ci.client_id,
        "CLIENT_SECRET": keys.ci.client_secret,
        "TOKEN_URL": keys.token_url,
    }
    async with neighbours.example("webhook/jobs.py", settings) as port:
        expect(await teller.deploy(FILE, f"port={port}") == Exit.DONE, "version 4 passes its tests")
        told = await read_back(teller.client)
        expect(told.place("staging", "called") < told.place("staging", "passed"), "it waits for the callback")
        teller.say("Another suite finds something: the release goes back at once.")
        ended = await teller.deploy(FILE, f"port={port}", "suite=load")
        expect(ended == Exit.FAILED, "a release whose tests fail fails")
        expect((await read_back(teller.client)).says("staging", "rolled-back"), "staging goes back")
