"""Which labels tell one version's pods from another's in a Service's selector? Ours, or the Deployment controller's."""

from libs.messages.rollout import Workload
from libs.workload.dialogue.wanted import Steered, Wanted
from libs.workload.kinds.naming import HASH_LABEL
from libs.workload.kinds.objects import Object, table
from libs.workload.pods.fleet import Fleet

_CONTROLLERS = "pod-template-hash"
"""What pods carry that a plain Deployment made."""

Selector = dict[str, str]


def widened(selector: Object) -> Selector:
    """All versions: the selector without what narrows it to one."""
    return {name: value for name, value in selector.items() if name not in (HASH_LABEL, _CONTROLLERS)}


def version_label(replica_set: Object) -> Selector:
    """What only this version's pods carry; empty where nothing does."""
    labels = table(replica_set, "spec", "selector", "matchLabels")
    return next(({name: labels[name]} for name in (HASH_LABEL, _CONTROLLERS) if name in labels), {})


def to_new(service: Steered, workload: Workload) -> Selector:
    return {**service.selector, HASH_LABEL: workload.replica_set.rpartition("-")[2]}


def to_stable(service: Steered, fleet: Fleet, wanted: Wanted) -> Selector:
    """One selector names one version: of several, the last to give way, which then carries what all of them did."""
    kept = {one.identity: one.manifest for one in wanted.snapshot.replica_sets}
    manifest = kept.get(fleet.stable[-1].identity) if fleet.stable else None
    return {**service.selector, **version_label(manifest or {})}
