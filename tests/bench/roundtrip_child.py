"""The other ends of the round trip, each a process of its own: the gateway with its issuer, and the bare echoes."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import nats

from libs.bus.connection import connect
from libs.bus.jetstream import JetStreamBus
from libs.runtime import log
from libs.runtime.certificates import ensure_certificates
from libs.runtime.clock import SystemClock, system_random
from libs.store.jetstream import JetStreamStore
from libs.store.prepare import prepare
from libs.store.seal import Seal
from services.gateway.certificate import tls
from tests.integration.link.plane import gateway_up, plane

ECHO = "bench.echo"
METHOD = ("bench.Echo", "Session")


async def gateway(url: str, folder: Path) -> None:
    async with connect([url], "bench", system_random()) as connection:
        await prepare(connection)
        store = JetStreamStore(connection, Seal(b"k" * 32, system_random()), system_random())
        async with plane(folder, (JetStreamBus(connection), store)) as ready, gateway_up(ready):
            _say(address=ready.address, token_url=ready.issuer.url, authority=str(ready.certificates.authority))
            await asyncio.Event().wait()


async def echoes(url: str, folder: Path) -> None:
    """What is left when everything of ours is taken away: a subscription that answers, a stream that gives back."""
    client = await nats.connect(url)

    async def answer(message: Any) -> None:
        await client.publish(message.reply, message.data)

    await client.subscribe(ECHO, queue="echo", cb=answer)
    await client.flush()
    server = grpc.aio.server()
    handler: Any = grpc.stream_stream_rpc_method_handler(_give_back)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(METHOD[0], {METHOD[1]: handler}),))
    made = ensure_certificates(folder / "certificates", SystemClock().now())
    port = server.add_secure_port("127.0.0.1:0", tls(made.certificate, made.key))
    await server.start()
    _say(address=f"127.0.0.1:{port}", authority=str(made.authority))
    await server.wait_for_termination()


async def _give_back(_: Any, context: Any) -> None:
    while isinstance(piece := await context.read(), bytes):
        await context.write(piece)


def _say(**facts: str) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    log.configure(SystemClock())
    role = {"gateway": gateway, "echoes": echoes}[sys.argv[1]]
    asyncio.run(role(sys.argv[2], Path(sys.argv[3])))
