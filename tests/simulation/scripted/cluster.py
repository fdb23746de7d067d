"""What does a scripted cluster answer? The requests of a steering, by their path and method.

ReplicaSets, pods and rehearsals are most of what is asked, and answered in a few lines here. Whatever else is written
goes by the rules of a sandbox, over the same store.
"""

from random import Random

from sandbox.api.call import Call, call_of
from sandbox.api.reading import listed, matcher
from sandbox.api.wire import Request, Response, answer, refusal
from sandbox.api.writing import Writer
from sandbox.objects.json import Object
from sandbox.objects.kinds import DEPLOYMENT, POD, REPLICA_SET
from sandbox.objects.refusals import Refused
from sandbox.state.cluster import Cluster
from sandbox.state.store import Store
from tests.integration.crash.skipping import LoopClock
from tests.simulation.scripted.pods import Pods
from tests.simulation.scripted.sets import Sets, rehearsed
from tests.simulation.scripted.watching import Watches


class Scripted:
    """`handle` takes requests as a sandbox's API does; `store` holds what is there."""

    def __init__(self, seed: int, clock: LoopClock) -> None:
        random = Random(f"scripted {seed}")
        self.store = Store()
        self._rules = Cluster(self.store, clock.now, random)
        self._writer = Writer(self._rules)
        self._sets = Sets(self.store, clock, random)
        self._watches = Watches(self.store)
        self._pods = Pods(self.store, clock, random)

    async def handle(self, request: Request) -> Response:
        try:
            return self._answered(call_of(request, self._rules.catalogue), request)
        except Refused as refused:
            return refusal(refused)

    def _answered(self, call: Call, request: Request) -> Response:
        if call.verb == "get":
            return self._read(call)
        if call.verb == "list":
            return self._listed(call, request)
        if call.verb == "watch":
            return Response(200, stream=self._watches.follow(call, request))
        if call.kind is REPLICA_SET and call.verb in self._sets.verbs:
            return self._sets.verbs[call.verb](call, request)
        if call.kind is DEPLOYMENT and "dryRun" in request.query and self.store.record(call.ref) is None:
            return answer(rehearsed(call, request), 201)
        return self._writer.verbs[call.verb](call, request)

    def _read(self, call: Call) -> Response:
        self._rules.get(call.kind, call.namespace, call.name)
        record = self.store.record(call.ref)
        assert record is not None
        return Response(200, record.encoded)

    def _listed(self, call: Call, request: Request) -> Response:
        holds = matcher(request)
        found = [one.value for one in self.store.records(call.kind.resource, call.namespace) if holds(one.value)]
        if call.kind is POD and request.query.get("limit") == "1":
            found = found[:1]
        head: Object = {"kind": f"{call.kind.name}List", "apiVersion": call.kind.api_version}
        metadata = {"resourceVersion": str(self.store.revision)}
        return answer({**head, "metadata": metadata, "items": [listed(call.kind, value) for value in found]})
