"""What the planner does with each message: tell the deployment's machine, and compile what is to be planned."""

import asyncio

import msgspec

from libs.api.request import StartRequest
from libs.deployment.state import Deployment, Phase
from libs.durable.commit import Shell
from libs.durable.dispatch import Rejected
from libs.durable.ports import Store
from libs.messages.deployment import Planned
from libs.messages.message import Received
from libs.plan.compile import Source, compile_plan, definitions_of
from libs.plan.model import Plan
from libs.plan.prepare import Objects, Prepared, prepare
from libs.workload.kinds.objects import is_deployment

ACCEPTED = 1
"""The door has checked the shortest timeout; a file that it let through is not refused for it here."""


class Planner:
    """Leads deployments."""

    def __init__(self, deployments: Shell[Deployment], store: Store) -> None:
        self._deployments = deployments
        self._store = store

    async def start(self, received: Received) -> None:
        """Take a deployment on and plan it. Killed in between, the order comes again and finds it yet to be planned."""
        await self.tell(received)
        deployment = (await self._deployments.load(received.key)).state
        if deployment.phase is Phase.PLANNING:
            planned = await self._plan(deployment.submission)
            await self._deployments.apply(received.key, planned, received.id, received.traceparent)

    async def tell(self, received: Received) -> None:
        """Apply a message to the deployment it is about, whichever of its targets it speaks of."""
        await self._deployments.apply(received.key.whole(), received.message, received.id, received.traceparent)

    async def _plan(self, submission: str) -> Planned:
        try:
            request = msgspec.json.decode(await self._store.read(submission), type=StartRequest)
        except KeyError as error:
            raise Rejected(f"the submission {submission} is not in the object store") from error
        prepared = await asyncio.to_thread(
            prepare, request.config, request.files, request.application or None, ACCEPTED
        )
        if prepared.spec is None:
            return Planned(problem="; ".join(problem.text() for problem in prepared.problems[:3]))
        return Planned(plan=await self._compiled(prepared, request))

    async def _compiled(self, prepared: Prepared, request: StartRequest) -> Plan:
        assert prepared.spec is not None, "only what has no errors is compiled"
        sources = {name: await self._source(objects) for name, objects in prepared.objects.items()}
        definitions = await self._store.save(msgspec.json.encode(definitions_of(prepared.spec, request.context)))
        return compile_plan(prepared.spec, sources, frozenset(request.targets), definitions)

    async def _source(self, objects: Objects) -> Source:
        digest = await self._store.save(msgspec.json.encode(objects))
        return Source(digest, any(is_deployment(value) for value in objects))
