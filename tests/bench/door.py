"""The front door alone, as it stands in production: NATS, identity and intake, each a process of its own."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from cli.local import plan
from cli.local.children import Child
from cli.local.layout import Layout
from libs.runtime.port import free_port
from tests.bench.installation import answers, running, token, until
from tests.servers import nats_server


class Door(Struct, frozen=True):
    server: str
    token: str
    nats: str


@asynccontextmanager
async def door(agent: str) -> AsyncIterator[Door]:
    """With one agent registered, which is away: nobody plans or executes what is accepted."""
    async with AsyncExitStack() as stack:
        layout = Layout(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-bench-"))))
        stack.enter_context(layout.taken())
        nats = await stack.enter_async_context(nats_server(layout.folder / "nats"))
        server, issuer = (f"127.0.0.1:{free_port()}" for _ in range(2))
        shared = {
            "PROFILE": "development",
            "STATE_DIR": str(layout.folder),
            "NATS_URL": nats.url,
            "PUBLIC_URL": f"http://{server}",
            "ISSUER_URL": f"http://{issuer}",
        }
        first = _child("bootstrap", shared | {"BOOTSTRAP_AGENTS": agent, "GATEWAY_ADDRESS": "127.0.0.1:1"}, layout)
        async with running(first) as process:
            await process.wait()
        for name, address in (("identity", issuer), ("intake", server)):
            await stack.enter_async_context(running(_child(name, shared | {"HTTP_ADDRESS": address}, layout)))
            await until(partial(answers, f"http://{address}/readyz"))
        bootstrap = layout.read_bootstrap()
        assert bootstrap is not None, layout.log("bootstrap").read_text()
        yield Door(f"http://{server}", await token(bootstrap), nats.url)


def _child(name: str, settings: Mapping[str, str], layout: Layout) -> Child:
    told = {f"FAIRLEAD_{key}": value for key, value in settings.items()}
    command = (sys.executable, "-m", f"services.{name}")
    return Child(name, command, plan.inherited(os.environ) | told, layout.log(name))
