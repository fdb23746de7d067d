"""How a Deployment of the manifests becomes a workload of ours: one new ReplicaSet for every rollout."""

import hashlib
import re

import msgspec

from libs.messages.rollout import Version, Workload
from libs.workload.kinds.naming import (
    AUTOSCALER,
    HASH_LABEL,
    MANAGED_LABEL,
    REPLICA_SET_NAME,
    REVISION,
    WORKLOAD,
    Marks,
    mark_annotations,
    variables,
)
from libs.workload.kinds.objects import Object, at, items, number, table, text

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Without vowels and lookalikes, as Kubernetes has it: no hash spells a word."""
_HASH_LENGTH = 10
_NAME_LENGTH = 63
"""A ReplicaSet's name becomes part of its pods' names and host names."""

_PERCENT = re.compile(r"(\d{1,3})%\Z")
_DEFAULT = "25%"

_NOT_OURS = ("kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision")


def replicas_of(deployment: Object) -> int:
    return number(deployment, "spec", "replicas", default=1)


def limits(deployment: Object) -> tuple[int, int]:
    """Pods above and below `replicas` that a change may go through; `surge` rounds up, `unavailable` down."""
    replicas = replicas_of(deployment)
    if text(deployment, "spec", "strategy", "type") == "Recreate":
        return 0, replicas
    rolling = table(deployment, "spec", "strategy", "rollingUpdate")
    surge = amount(rolling.get("maxSurge", _DEFAULT), replicas, up=True) or 0
    unavailable = amount(rolling.get("maxUnavailable", _DEFAULT), replicas, up=False) or 0
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return surge, min(unavailable, replicas)


def amount(value: object, replicas: int, *, up: bool) -> int | None:
    """A count or a percentage of `replicas`; None for what is neither."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    percent = _PERCENT.match(value) if isinstance(value, str) else None
    if percent is None:
        return None
    share = replicas * int(percent[1])
    return -(-share // 100) if up else share // 100


def workload(deployment: Object, marks: Marks, previous: tuple[Version, ...] = ()) -> Workload:
    surge, unavailable = limits(deployment)
    return Workload(
        name=text(deployment, "metadata", "name"),
        namespace=text(deployment, "metadata", "namespace"),
        replicas=replicas_of(deployment),
        max_surge=surge,
        max_unavailable=unavailable,
        replica_set=replica_set_name(deployment, marks),
        previous=previous,
    )


def replica_set_name(deployment: Object, marks: Marks) -> str:
    name = text(deployment, "metadata", "name")
    return f"{name[: _NAME_LENGTH - _HASH_LENGTH - 1].rstrip('-.')}-{version_hash(deployment, marks)}"


def version_hash(deployment: Object, marks: Marks) -> str:
    """Differs for every rollout: a run that changes only a ConfigMap goes through its strategy too."""
    metadata = table(deployment, "metadata")
    identity = [metadata.get("namespace"), metadata.get("name"), marks.deployment, marks.environment]
    canonical = msgspec.json.encode([identity, at(deployment, "spec", "template")], order="sorted")
    value = int.from_bytes(hashlib.sha256(canonical).digest()[:16], "big")
    digits = []
    for _ in range(_HASH_LENGTH):
        value, digit = divmod(value, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)


def replica_set(deployment: Object, marks: Marks, revision: int, autoscaler: str = "") -> Object:
    """The new version, without a size and without a fence: both come with the write that creates it.

    `autoscaler` names what scales it in the end, so that the next rollout finds that.
    """
    name, version = replica_set_name(deployment, marks), version_hash(deployment, marks)
    spec: Object = {
        "selector": _selector(table(deployment, "spec", "selector"), version),
        "template": _template(table(deployment, "spec", "template"), marks, name, version),
    }
    if number(deployment, "spec", "minReadySeconds"):
        spec["minReadySeconds"] = number(deployment, "spec", "minReadySeconds")
    metadata = {
        "name": name,
        "namespace": text(deployment, "metadata", "namespace"),
        # Those of its pods too: by them a Deployment that is kept finds and adopts it.
        "labels": {
            **table(deployment, "metadata", "labels"),
            **table(deployment, "spec", "template", "metadata", "labels"),
            HASH_LABEL: version,
            MANAGED_LABEL: "true",
        },
        "annotations": {
            **{
                key: value
                for key, value in table(deployment, "metadata", "annotations").items()
                if key not in _NOT_OURS
            },
            **mark_annotations(marks),
            REPLICA_SET_NAME: name,
            WORKLOAD: text(deployment, "metadata", "name"),
            REVISION: str(revision),
            **({AUTOSCALER: autoscaler} if autoscaler else {}),
        },
    }
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def _selector(selector: Object, version: str) -> Object:
    return {**selector, "matchLabels": {**table(selector, "matchLabels"), HASH_LABEL: version}}


def _template(template: Object, marks: Marks, name: str, version: str) -> Object:
    metadata = table(template, "metadata")
    marked = {
        **metadata,
        "labels": {**table(metadata, "labels"), HASH_LABEL: version, MANAGED_LABEL: "true"},
        "annotations": {**table(metadata, "annotations"), **mark_annotations(marks), REPLICA_SET_NAME: name},
    }
    spec = dict(table(template, "spec"))
    for field in ("initContainers", "containers"):
        if field in spec:
            spec[field] = [_container(container, variables(marks, name)) for container in items(spec, field)]
    return {**template, "metadata": marked, "spec": spec}


def _container(container: Object, ours: dict[str, str]) -> Object:
    # Ours come first, so that the user's own variables may refer to them as $(ARMORY_…).
    env = [{"name": name, "value": value} for name, value in ours.items()]
    return {**container, "env": env + [entry for entry in items(container, "env") if at(entry, "name") not in ours]}
