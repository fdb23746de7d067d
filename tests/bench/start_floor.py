"""The bare parts of accepting a start: an HTTP server that writes what it read in one atomic batch, and answers 202.

It checks nothing, reads nothing and seals nothing. `python -m tests.bench.start_floor NATS_URL` prints its address.
"""

import itertools
import json
import sys

import nats
from aiohttp import web
from nats.aio.client import Client

_SMALL = b"x" * 400
"""As large as each of the three records that accepting writes besides the text."""


async def floor(url: str) -> web.Application:
    client = await nats.connect(url)
    config = {"name": "FLOOR", "subjects": ["floor.>"], "allow_atomic": True}
    await client.request("$JS.API.STREAM.CREATE.FLOOR", json.dumps(config).encode(), timeout=20)
    numbers = itertools.count()

    async def take(request: web.Request) -> web.Response:
        text = await request.read()
        json.loads(text)
        await _written(client, next(numbers), text)
        return web.json_response({"id": "none"}, status=202)

    app = web.Application()
    app.add_routes([web.post("/api/v1/deployments", take)])
    return app


async def _written(client: Client, number: int, text: bytes) -> None:
    for place, body in enumerate((text, _SMALL, _SMALL), 1):
        await client.publish(f"floor.{number}.{place}", body, headers=_headers(number, place))
    headers = _headers(number, 4) | {"Nats-Batch-Commit": "1"}
    answer = await client.request(f"floor.{number}.4", _SMALL, headers=headers, timeout=20)
    if "error" in json.loads(answer.data):
        raise AssertionError(answer.data)


def _headers(number: int, place: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": f"{number}-{place}",
        "Nats-Expected-Last-Subject-Sequence": "0",
        "Nats-Batch-Id": f"b{number}",
        "Nats-Batch-Sequence": str(place),
    }


if __name__ == "__main__":
    web.run_app(floor(sys.argv[1]), host="127.0.0.1", port=0, print=lambda text: print(text, flush=True))
