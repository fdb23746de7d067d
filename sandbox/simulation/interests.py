"""Who else must look when an object changes: Services that select a pod, autoscalers that steer a workload? Kept up to
date event by event, so that nobody scans for them.
"""

from sandbox.objects.json import Object, table, text
from sandbox.objects.kinds import AUTOSCALER, ENDPOINTS, POD, SERVICE
from sandbox.objects.selectors import labels_of
from sandbox.state.store import Change, Event, Ref, Store

Target = tuple[str, str, str]


class Interests:
    def __init__(self, store: Store) -> None:
        self._services: dict[str, dict[Ref, Object]] = {}
        self._scalers: dict[Target, dict[Ref, None]] = {}
        for ref, record in store.everything():
            self._note(ref, record.value)
        store.listen(self._heard)

    def of(self, event: Event) -> list[Ref]:
        if event.ref.resource == POD.resource:
            return self._selecting(event)
        if event.ref.resource == SERVICE.resource and event.change is Change.DELETED:
            return [Ref(ENDPOINTS.resource, event.ref.namespace, event.ref.name)]
        place = (event.ref.namespace, text(event.value, "kind"), event.ref.name)
        return list(self._scalers.get(place, ())) if self._scalers else []

    def _selecting(self, event: Event) -> list[Ref]:
        services = self._services.get(event.ref.namespace)
        if not services:
            return []
        labels = [labels_of(value).items() for value in (event.value, event.previous or {})]
        return [ref for ref, selector in services.items() if any(selector.items() <= own for own in labels)]

    def _heard(self, event: Event) -> None:
        if event.previous is not None:
            self._forget(event.ref, event.previous)
        if event.change is not Change.DELETED:
            self._note(event.ref, event.value)

    def _note(self, ref: Ref, value: Object) -> None:
        if ref.resource == SERVICE.resource and (selector := table(value, "spec", "selector")):
            self._services.setdefault(ref.namespace, {})[ref] = selector
        elif ref.resource == AUTOSCALER.resource:
            self._scalers.setdefault(_target(ref, value), {})[ref] = None

    def _forget(self, ref: Ref, value: Object) -> None:
        if ref.resource == SERVICE.resource:
            self._services.get(ref.namespace, {}).pop(ref, None)
        elif ref.resource == AUTOSCALER.resource:
            found = self._scalers.get(_target(ref, value), {})
            found.pop(ref, None)
            if not found:
                self._scalers.pop(_target(ref, value), None)


def _target(ref: Ref, scaler: Object) -> Target:
    target = table(scaler, "spec", "scaleTargetRef")
    return ref.namespace, text(target, "kind"), text(target, "name")
