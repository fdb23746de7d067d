"""Which controller looks at which kind, and what does it get to see?"""

from collections.abc import Callable
from datetime import datetime

from sandbox.objects.json import Object, table, text
from sandbox.objects.kinds import (
    AUTOSCALER,
    CONTROLLER_REVISION,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINT_SLICE,
    ENDPOINTS,
    JOB,
    NAMESPACE,
    POD,
    QUOTA,
    REPLICA_SET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
    Kind,
)
from sandbox.objects.selectors import labels_of
from sandbox.simulation import (
    autoscalers,
    cronjobs,
    daemonsets,
    deployments,
    endpoints,
    jobs,
    replicasets,
    revisions,
    statefulsets,
)
from sandbox.simulation.interests import Interests
from sandbox.simulation.nodes import Nodes
from sandbox.simulation.orphans import Orphans
from sandbox.simulation.step import Create, Outcome, Update, uid_of
from sandbox.state.cluster import Cluster
from sandbox.state.quotas import status_of
from sandbox.state.store import Event, Ref

ADOPTERS: dict[str, tuple[Kind, ...]] = {POD.resource: (REPLICA_SET,), REPLICA_SET.resource: (DEPLOYMENT,)}


class Controllers:
    def __init__(self, cluster: Cluster, nodes: Nodes, now: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._store = cluster.store
        self._nodes = nodes
        self._now = now
        self._orphans = Orphans(cluster.store)
        self._interests = Interests(cluster.store)
        self._steps: dict[str, Callable[[Object], Outcome]] = {
            DEPLOYMENT.resource: self._deployment,
            REPLICA_SET.resource: self._replica_set,
            STATEFUL_SET.resource: self._stateful_set,
            DAEMON_SET.resource: self._daemon_set,
            JOB.resource: self._job,
            CRON_JOB.resource: self._cron_job,
            SERVICE.resource: self._service,
            ENDPOINTS.resource: self._endpoints,
            AUTOSCALER.resource: self._autoscaler,
            NAMESPACE.resource: self._namespace,
            QUOTA.resource: self._quota,
        }

    def look(self, ref: Ref, value: Object) -> Outcome:
        step = self._steps.get(ref.resource)
        return step(value) if step else Outcome()

    def interested(self, event: Event) -> list[Ref]:
        """Who has no part in an object and must look again when it changes."""
        return self._interests.of(event)

    def adopters(self, event: Event) -> list[Ref]:
        """Who might take in an object that has no controller."""
        kinds = ADOPTERS.get(event.ref.resource, ())
        return [
            Ref(kind.resource, event.ref.namespace, text(record.value, "metadata", "name"))
            for kind in kinds
            for record in self._store.records(kind.resource, event.ref.namespace)
        ]

    def _dependents(self, value: Object, kind: Kind) -> list[Object]:
        refs = (ref for ref in self._store.owned_by(uid_of(value)) if ref.resource == kind.resource)
        return [found for ref in refs if (found := self._store.get(ref)) is not None]

    def _deployment(self, value: Object) -> Outcome:
        orphans = self._orphans.of(REPLICA_SET, text(value, "metadata", "namespace"))
        return deployments.step(value, self._dependents(value, REPLICA_SET), orphans, self._now())

    def _replica_set(self, value: Object) -> Outcome:
        return replicasets.step(value, self._pods(value), self._now(), self._cluster.suffix)

    def _stateful_set(self, value: Object) -> Outcome:
        owned = revisions.Owned(self._dependents(value, POD), self._dependents(value, CONTROLLER_REVISION))
        return statefulsets.step(value, owned, self._now())

    def _daemon_set(self, value: Object) -> Outcome:
        owned = revisions.Owned(self._dependents(value, POD), self._dependents(value, CONTROLLER_REVISION))
        view = daemonsets.View(owned, self._nodes.names(), self._now())
        return daemonsets.step(value, view, self._cluster.suffix)

    def _job(self, value: Object) -> Outcome:
        return jobs.step(value, self._dependents(value, POD), self._now(), self._cluster.suffix)

    def _cron_job(self, value: Object) -> Outcome:
        return cronjobs.step(value, self._dependents(value, JOB), self._now())

    def _service(self, value: Object) -> Outcome:
        namespace, selector = text(value, "metadata", "namespace"), table(value, "spec", "selector")
        if not selector:
            return Outcome()
        pods = (record.value for record in self._store.records(POD.resource, namespace))
        selected = [pod for pod in pods if selector.items() <= labels_of(pod).items()]
        known = self._store.get(Ref(ENDPOINTS.resource, namespace, text(value, "metadata", "name")))
        told = endpoints.Told(known, self._dependents(value, ENDPOINT_SLICE))
        return endpoints.step(value, selected, told, self._cluster.suffix)

    def _endpoints(self, value: Object) -> Outcome:
        service = Ref(SERVICE.resource, text(value, "metadata", "namespace"), text(value, "metadata", "name"))
        return endpoints.abandoned(value) if self._store.record(service) is None else Outcome()

    def _autoscaler(self, value: Object) -> Outcome:
        told = table(value, "spec", "scaleTargetRef")
        kind = self._cluster.catalogue.of_type(text(told, "apiVersion"), text(told, "kind"))
        namespace = text(value, "metadata", "namespace")
        target = self._store.get(Ref(kind.resource, namespace, text(told, "name"))) if kind else None
        return autoscalers.step(value, kind, target, self._now())

    def _pods(self, value: Object) -> replicasets.Pods:
        orphans = self._orphans.of(POD, text(value, "metadata", "namespace"))
        return replicasets.Pods(self._dependents(value, POD), orphans)

    def _quota(self, value: Object) -> Outcome:
        status = status_of(self._store, value)
        if status == value.get("status"):
            return Outcome()
        return Outcome((Update(QUOTA, {**value, "status": status}, "status"),))

    def _namespace(self, value: Object) -> Outcome:
        name = text(value, "metadata", "name")
        if self._store.record(Ref(SERVICE_ACCOUNT.resource, name, "default")) is not None:
            return Outcome()
        metadata = {"name": "default", "namespace": name}
        account: Object = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        return Outcome((Create(SERVICE_ACCOUNT, account),))
