"""Where does a request go? One entrance for every path, whatever carries the request; refusals become Status
answers here.
"""

from collections.abc import AsyncGenerator

import msgspec

from libs.runtime.clock import Clock
from sandbox.admin.audit import Audit, Mutation
from sandbox.admin.endpoints import Admin
from sandbox.admin.faults import RequestFault, next_fault
from sandbox.api import reading, scale
from sandbox.api.call import Call, call_of
from sandbox.api.documents import document
from sandbox.api.pods import pod_part
from sandbox.api.reviews import review
from sandbox.api.watching import Watches, frame
from sandbox.api.wire import Request, Response, answer, refusal
from sandbox.api.writing import Writer
from sandbox.objects.json import Object, at, stamp
from sandbox.objects.refusals import Refused, expired, no_such_path
from sandbox.simulation.simulator import Simulator
from sandbox.state.cluster import Cluster

READS = {"get", "list", "watch"}
_FAULT_REASONS = {
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class Api:
    def __init__(self, cluster: Cluster, simulator: Simulator, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock
        self.watches = Watches(cluster.store, clock)
        self._writer = Writer(cluster)
        self._audit = Audit()
        self._admin = Admin(simulator, self.watches, self._audit)

    async def handle(self, request: Request) -> Response:
        try:
            known = self._admin.handle(request) or document(request, self._cluster.catalogue) or review(request)
            return known or await self._carry_out(request)
        except Refused as refused:
            return refusal(refused)

    async def _carry_out(self, request: Request) -> Response:
        call = call_of(request, self._cluster.catalogue)
        reading.check_acceptable(request)
        self._audit.count(call.verb, call.kind.resource, request.user_agent, "dryRun" in request.query)
        fault, self._admin.faults = next_fault(self._admin.faults, call, request.user_agent)
        if fault is None:
            return self._answered(call, request)
        if fault.delay_seconds:
            await self._clock.sleep(fault.delay_seconds)
        done = self._answered(call, request) if fault.after or not fault.code else None
        return self._faulty(call, fault) if fault.code else done or self._answered(call, request)

    def _answered(self, call: Call, request: Request) -> Response:
        """Reads pass; writes are noted, with the size they changed."""
        if call.verb in READS:
            return self._read(call, request)
        before = self._size(call)
        try:
            response = pod_part(self._cluster, call, request) or self._writer.verbs[call.verb](call, request)
        except Refused as refused:
            self._note(request, refused.code, before, before)
            raise
        self._note(request, response.status, before, self._size(call) if call.name else _size_told(response))
        return response

    def _read(self, call: Call, request: Request) -> Response:
        now = self._clock.now()
        if call.verb == "watch":
            return Response(200, stream=self.watches.follow(call, request))
        if call.verb == "list":
            return reading.list_objects(call, request, self._cluster.store, now)
        if (part := pod_part(self._cluster, call, request)) is not None:
            return part
        value = self._cluster.get(call.kind, call.namespace, call.name)
        match call.subresource:
            case "scale" if call.kind.has_scale:
                return answer(scale.scale_of(value))
            case "" | "status":
                return reading.read(call, request, value, now)
            case _:
                raise no_such_path()

    def _size(self, call: Call) -> int | None:
        value: Object = self._cluster.store.get(call.ref) or {}
        found = at(value, "spec", "replicas")
        return found if isinstance(found, int) else None

    def _note(self, request: Request, status: int, before: int | None, after: int | None) -> None:
        self._audit.note(
            Mutation(
                at=stamp(self._clock.now()),
                method=request.method,
                path=request.path,
                user_agent=request.user_agent,
                status=status,
                replicas_before=before,
                replicas_after=after,
            )
        )

    def _faulty(self, call: Call, fault: RequestFault) -> Response:
        if call.verb == "watch" and fault.code == 410:
            status = expired("too old resource version: asked for by a fault").status()
            return Response(200, stream=_once(frame("ERROR", msgspec.json.encode(status))))
        reason = _FAULT_REASONS.get(fault.code, "")
        return refusal(Refused(fault.code, reason, f"{reason or fault.code}: asked for by a fault of the sandbox"))


def _size_told(response: Response) -> int | None:
    """A new object may have been given its name by the server: its size is read from the answer."""
    found = at(msgspec.json.decode(response.body, type=Object), "spec", "replicas")
    return found if isinstance(found, int) else None


async def _once(chunk: bytes) -> AsyncGenerator[bytes]:
    yield chunk
