"""Many ends of streams in one process: agents that speak the whole protocol without a cluster, or bare gRPC streams.

`agents ADDRESS AUTHORITY TOKENS`, `bare ADDRESS AUTHORITY COUNT` and the bare server, `server FOLDER`. Those that dial
answer every line on their input with how many of them are connected.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import grpc.aio
from prometheus_client import CollectorRegistry

from agent.allow import AllowList
from agent.dial import Dialler, Gate
from agent.grpc import dialled
from agent.limits import Fence, Limits
from agent.nearby import Nearby
from agent.stream import Introduction
from agent.token import Grant, Tokens
from agent.verbs import Verbs
from agent.work import Work
from libs.kube.direct import Direct
from libs.link.rate import Rate
from libs.runtime import log
from libs.runtime.certificates import ensure_certificates
from libs.runtime.clock import SystemClock, system_random
from libs.runtime.health import Health
from libs.runtime.metrics import Metrics
from libs.runtime.process import Process
from libs.runtime.settings import ProcessSettings
from services.gateway.certificate import tls

METHOD = ("bench.Bare", "Session")
PIECE = b"x" * 40
_CLOCK = SystemClock()
_RENEWED_AFTER_SECONDS = 3000.0


class Given(Tokens):
    """A token that was issued beforehand: how an issuer bears a crowd is not measured here."""

    def __init__(self, token: str) -> None:
        self._grant = Grant(token, _CLOCK.monotonic() + _RENEWED_AFTER_SECONDS)

    async def current(self) -> Grant:
        return self._grant

    def forget(self) -> None:
        """There is no other."""


async def agents(address: str, authority: str, tokens: str) -> None:
    given = Path(tokens).read_text().split()  # noqa: ASYNC240 - before the work
    gate = Gate(address, partial(dialled, address, Path(authority)))
    healths = [Health() for _ in given]
    chance = system_random()
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        work = _work(session)
        for number, token in enumerate(given):
            process = Process("agent", ProcessSettings(), healths[number], Metrics(), _CLOCK, chance, str(number))
            introduction = Introduction("bench", f"{number:016x}")
            group.create_task(Dialler(gate, Given(token), work, introduction, process).run())
        await _tell(lambda: sum(health.is_ready for health in healths))


def _work(session: aiohttp.ClientSession) -> Work:
    async def nobody() -> dict[str, str]:
        return {}

    limits = Limits(Rate(100, 100, _CLOCK), 10, 10, _CLOCK)
    verbs = Verbs(Direct(session, "http://127.0.0.1:9", nobody), Nearby(session), AllowList())
    return Work(verbs, limits, Fence(), CollectorRegistry())


async def bare(address: str, authority: str, count: str) -> None:
    pinned, open_ = Path(authority).read_bytes(), set[int]()  # noqa: ASYNC240 - before the work
    async with asyncio.TaskGroup() as group:
        for number in range(int(count)):
            group.create_task(_bare(address, pinned, number, open_))
        await _tell(lambda: len(open_))


async def _bare(address: str, authority: bytes, number: int, open_: set[int]) -> None:
    # A connection of its own, as each agent has.
    options = (("grpc.use_local_subchannel_pool", 1),)
    credentials = grpc.ssl_channel_credentials(root_certificates=authority)
    while True:
        async with grpc.aio.secure_channel(address, credentials, options=options) as channel:
            call: Any = channel.stream_stream("/" + "/".join(METHOD))()
            with suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await call.write(PIECE)
                await call.read()
                open_.add(number)
                await call.read()
        open_.discard(number)
        await asyncio.sleep(number % 100 / 100)  # not in step with the others


async def server(folder: str) -> None:
    """What is left of a gateway when everything of ours is taken away."""
    serving = grpc.aio.server()
    handler: Any = grpc.stream_stream_rpc_method_handler(_give_back)
    serving.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(METHOD[0], {METHOD[1]: handler}),))
    made = ensure_certificates(Path(folder) / "certificates", _CLOCK.now())
    port = serving.add_secure_port("127.0.0.1:0", tls(made.certificate, made.key))
    await serving.start()
    print(json.dumps({"address": f"127.0.0.1:{port}", "authority": str(made.authority)}), flush=True)
    await serving.wait_for_termination()


async def _give_back(_: Any, context: Any) -> None:
    while isinstance(piece := await context.read(), bytes):
        await context.write(piece)


async def _tell(count: Callable[[], int]) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        print(count(), flush=True)
    raise SystemExit  # whoever asked is gone


if __name__ == "__main__":
    log.configure(_CLOCK, "json", "error")
    roles: dict[str, Callable[..., Coroutine[None, None, None]]] = {"agents": agents, "bare": bare, "server": server}
    asyncio.run(roles[sys.argv[1]](*sys.argv[2:]))
