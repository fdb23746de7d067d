"""What releases call outside of the installation: jobs that call back, and a metrics provider."""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.e2e.person import Person
from tests.waiting import eventually

_SECONDS = 600.0
_VALUE = re.compile(r"vector\(([0-9.]+)\)")


class Counterpart:
    """Jobs answer 204 and call back until they are heard; `deliveries` remembers who was called under which id."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.url = ""
        self.deliveries: dict[str, set[str]] = defaultdict(set)
        self.person: Person | None = None
        self._group = group
        self._answered: set[str] = set()

    async def job(self, request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        self.deliveries[body["run"]].add(request.headers.get("Idempotency-Key", ""))
        self._group.create_task(self._call_back(body["url"], success=request.path == "/tests"))
        return web.Response(status=204)

    async def query(self, request: web.Request) -> web.Response:
        form = await request.post()
        found = _VALUE.search(str(form["query"]))
        assert found is not None, form
        sample = [float(str(form.get("time", "0"))), found[1]]
        result = {"resultType": "vector", "result": [{"metric": {}, "value": sample}]}
        return web.json_response({"status": "success", "data": result})

    async def _call_back(self, url: str, *, success: bool) -> None:
        """Every call is answered, a repeated one too: whoever is called must count one of them."""

        async def is_heard() -> bool:
            assert self.person is not None
            status = await self.person.post(url, {"success": success, "mdMessage": "job done"})
            return status in (200, 202, 404, 409)

        try:
            await eventually(is_heard, _SECONDS)
        except TimeoutError:
            return


@asynccontextmanager
async def counterpart() -> AsyncIterator[Counterpart]:
    async with asyncio.TaskGroup() as group:
        one = Counterpart(group)
        app = web.Application()
        app.router.add_post("/api/v1/query", one.query)
        app.router.add_post("/{job}", one.job)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield one
        finally:
            await runner.cleanup()
