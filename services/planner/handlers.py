"""What the planner does with each message: tell the deployment's machine, and compile what is to be planned."""

import asyncio

import msgspec

from libs.api.request import StartRequest
from libs.deployment.state import Deployment, Phase, is_terminal
from libs.durable.commit import Shell
from libs.durable.decision import Due
from libs.durable.dispatch import Rejected
from libs.durable.ports import Store
from libs.durable.writes import Cause
from libs.messages.deployment import Planned
from libs.messages.message import Received
from libs.messages.subject import Key
from libs.plan.compile import Source, compile_plan, definitions_of
from libs.plan.model import Plan
from libs.plan.prepare import Objects, Prepared, prepare
from libs.runtime.clock import Clock
from libs.workload.kinds.objects import is_deployment
from services.planner.promotion import Promotion

ACCEPTED = 1
"""The door has checked the shortest timeout; a file that it let through is not refused for it here."""


class Planner:
    """Leads deployments."""

    def __init__(self, deployments: Shell[Deployment], store: Store, clock: Clock) -> None:
        self._deployments = deployments
        self._store = store
        self._promotion = Promotion(deployments, store, clock)

    async def start(self, received: Received) -> None:
        """Take a deployment on and plan it. Killed in between, the order comes again and finds it yet to be planned."""
        await self.tell(received)
        deployment = (await self._deployments.load(received.key)).state
        if deployment.phase is Phase.PLANNING:
            planned = await self._plan(deployment.submission)
            cause = Cause(received.id, received.traceparent)
            applied = await self._deployments.apply(received.key, planned, cause.id, cause.traceparent)
            await self._promote(received.key, applied.state, cause)

    async def tell(self, received: Received) -> None:
        """Apply a message to the deployment it is about, whichever of its targets it speaks of."""
        key, cause = received.key.whole(), Cause(received.id, received.traceparent)
        applied = await self._deployments.apply(key, received.message, cause.id, cause.traceparent)
        await self._promote(key, applied.state, cause)

    async def wake(self, due: Due) -> None:
        applied = await self._deployments.wake(due)
        await self._promote(due.key, applied.state, Cause(due.id))

    async def _promote(self, key: Key, deployment: Deployment, cause: Cause) -> None:
        """One that has ended lets another begin; one that waits may have been let wait by one that has ended."""
        if deployment.application and (is_terminal(deployment) or deployment.phase is Phase.QUEUED):
            await self._promotion.promote(key, deployment.application, cause)

    async def _plan(self, submission: str) -> Planned:
        try:
            request = msgspec.json.decode(await self._store.read(submission), type=StartRequest)
        except KeyError as error:
            raise Rejected(f"the submission {submission} is not in the object store") from error
        prepared = await asyncio.to_thread(prepare, request.config, request.files, request.given, ACCEPTED)
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
