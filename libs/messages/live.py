"""Progress that is not history: what the executor sees of a target's pods, at most once a second, as JSON on
`live.<tenant>.<deployment>`, outside JetStream. A reader that misses one loses nothing: the next one says it all."""

from datetime import datetime

from msgspec import Struct


class LivePod(Struct, frozen=True, omit_defaults=True, rename="camel"):
    name: str
    ready: bool
    reason: str = ""
    """Why it is not ready, in a word or a sentence."""


class LiveVersion(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One ReplicaSet of a workload."""

    replica_set: str
    role: str
    """`new` or `stable`."""
    image: str
    replicas: int
    """Wanted by its spec."""
    ready: int
    available: int
    pods: tuple[LivePod, ...] = ()
    """At most 50."""


class LiveWorkload(Struct, frozen=True, omit_defaults=True, rename="camel"):
    name: str
    versions: tuple[LiveVersion, ...]
    last_seen: datetime | None = None
    """When this was so for the last time that anybody could see; None while the cluster and its agent answer."""


class LiveTarget(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Everything the executor sees of one target now."""

    target: str
    at: datetime
    workloads: tuple[LiveWorkload, ...]
    agent_away_since: datetime | None = None
