"""The words between the executor and `reconcile`: what is wanted, what is seen, what to send."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from libs.messages.rollout import Version, Workload
from libs.workload.dialogue.fence import Fence
from libs.workload.kinds.naming import Marks
from libs.workload.kinds.objects import Identity, Object

JSON = "application/json"
APPLY_PATCH = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""Asked for where an object's values must not be read out of its cluster."""


class Stage(StrEnum):
    APPLY = "apply"
    WEIGHT = "weight"
    SWAP = "swap"
    RETURN = "return"
    FINISH = "finish"


class Before(Struct, frozen=True, omit_defaults=True):
    """One object of the manifests that is not a Deployment, as it was before the rollout."""

    identity: Identity
    uid: str = ""
    """Empty: it did not exist."""
    applied: Object | None = None
    """What our own field manager had applied: applying it again goes back. None where that was not kept."""


class Adopted(Struct, frozen=True, omit_defaults=True):
    """A live Deployment that gives its pods over to the rollout."""

    namespace: str
    name: str
    uid: str
    generation: int
    manifest: Object | None = None
    """As it was, to be made again by a return. None where that was not kept."""
    manager: str = ""
    """Whose its template was."""
    is_applied: bool = False
    """Whether by server-side apply."""


class Steered(Struct, frozen=True):
    """A Service that a blue/green rollout points to one version after the other."""

    identity: Identity
    workload: str
    """The Deployment whose pods it selects."""
    is_active: bool
    """It leads users; else it is for a preview of the new version."""
    selector: dict[str, str]
    """All versions, as its owner means it: what stays once the rollout has ended well."""
    before: dict[str, str] | None = None
    """What a return leaves. None: the Service did not exist."""


class Scaled(Struct, frozen=True):
    """A live autoscaler of a Deployment, taken away while its rollout goes on."""

    identity: Identity
    workload: str
    uid: str
    manifest: Object
    """As it was, to be made again by a return."""


class Kept(Struct, frozen=True):
    """A previous ReplicaSet: how to make it again, and how many of its pods were available."""

    identity: Identity
    available: int
    manifest: Object


class Snapshot(Struct, frozen=True):
    """Everything that going back needs. Plain JSON once encoded."""

    objects: tuple[Before, ...] = ()
    replica_sets: tuple[Kept, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    leftovers: tuple[tuple[str, Version], ...] = ()
    """Versions without pods that an earlier rollout left behind, each with its namespace; they go at the end."""
    services: tuple[Steered, ...] = ()
    autoscalers: tuple[Scaled, ...] = ()


class Swap(Struct, frozen=True):
    """What blue/green asks for."""

    traffic_to_new: bool
    stable_runs: bool


class Wanted(Struct, frozen=True):
    """What committed state asks for."""

    stage: Stage
    marks: Marks
    fence: Fence
    objects: tuple[Object, ...]
    """The target's manifests, namespaces resolved."""
    snapshot: Snapshot
    workloads: tuple[Workload, ...] = ()
    weight: int = 0
    """Read at stage `weight` alone."""
    swap: Swap | None = None
    """None where pods share the traffic by their numbers."""
    keeps_deployment: bool = False
    """In the end a Deployment owns the new version."""
    late: frozenset[Identity] = frozenset()
    """Objects that a create may still make, although nobody waits for it any more."""
    is_last: bool = False
    """Once the goal is true the new version is all there: everything in the manifests must be ready then."""


class Seen(Struct, frozen=True):
    """What the cluster looked like when last heard of."""

    objects: Mapping[Identity, Object | None]
    """Every object known. None: it is not there. No key: not read yet; but of ReplicaSets with our label, which a
    synced watch shows, no key means that there is none."""
    pods: Mapping[Identity, Sequence[Object]]
    """Pods with our label, by the ReplicaSet that owns them (`owner_of`)."""


class Request(Struct, frozen=True):
    """One request to the cluster's API. Safe to send whatever became of the others, best sent in the order given."""

    method: str
    path: str
    """Path and query."""
    what: str
    """For people: `create ReplicaSet shop/web-x with 1 pod`."""
    target: Identity
    content_type: str = ""
    accept: str = JSON
    body: Object | list[Object] | None = None

    @property
    def is_write(self) -> bool:
        return self.method != "GET"


class Superseded(Struct, frozen=True):
    """Another process writes under a newer epoch: stop, and leave the rollout to it."""

    target: Identity
    mark: str


class Problem(Struct, frozen=True):
    """The goal cannot become true, and trying again does not mend it."""

    reason: str
