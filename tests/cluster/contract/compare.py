"""What must be equal in two answers? All but what no two servers have in common: identities, instants, versions,
addresses, and the letters at the end of generated names.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.cluster.contract.step import Answer, Object, Step

Differences = dict[str, tuple[Any, Any]]
WORDED_FREELY = frozenset({400, 406, 415, 500})
"""What cannot be read is told in the words of the parsers that could not read it, and Go's are not ours."""
_ADMITTED = frozenset(
    {"serviceAccountName", "serviceAccount", "tolerations", "priority", "preemptionPolicy", "volumes"}
)
"""What admission plugins of a real cluster put into pods: accounts and taints mean nothing where nothing runs."""
_OF_NO_MATTER = frozenset(
    # How long a pod takes to leave is not waited for; nodes have names of their own; a stamp for measuring delays.
    {"terminatingReplicas", "nodeName", "endpoints.kubernetes.io/last-change-trigger-time"}
)
_CONTROLLERS = frozenset({"kube-controller-manager", "kube-scheduler", "kwok", "kubelet", "kube-apiserver"})
"""What they own is their matter: it shows in what is there in the end."""
_CONTROLLED = frozenset(
    {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Pod", "CustomResourceDefinition"}
)
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_ALIKE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    # A whole object in a sentence: Go writes its own form of it.
    (re.compile(r"( value: )[\[{].*?[\]}](: [a-zA-Z])"), r"\1<object>\2"),
    (re.compile(r"in record \(\d+\)"), "in record (<version>)"),
    (re.compile(r"\b10\.96\.\d+\.\d+"), "<service ip>"),
    (re.compile(r"\b10\.244\.\d+\.\d+"), "<pod ip>"),
    (re.compile(rf"-[{_LETTERS}]{{8,10}}-[{_LETTERS}]{{5}}\b"), "-<hash>-<id>"),
    (re.compile(rf"-[{_LETTERS}]{{8,10}}\b"), "-<hash>"),
    (re.compile(rf"-[{_LETTERS}]{{5}}\b"), "-<id>"),
    (re.compile(rf'"pod-template-hash":"[{_LETTERS}]+"'), '"pod-template-hash":"<hash>"'),
)


def normal(answers: list[Answer], steps: list[Step]) -> list[Any]:
    """The answers as they can be compared."""
    seen: dict[tuple[str, str], str] = {}
    found = []
    for answer, step in zip(answers, steps, strict=True):
        body = _unraced(answer.body) if step.until is None else answer.body
        told: Object = {"code": answer.code, "warning": answer.warning, "body": _normal(body)}
        if isinstance(told["body"], dict) and answer.code >= 400:
            told["body"] = _refusal(told["body"], answer.code)
        if (moved := _moved(seen, answer.body)) is not None and step.versions:
            told["moved"] = moved
        found.append(told)
    return found


def _refusal(status: Object, code: int) -> Object:
    """Causes say what the message of an invalid object says; their order, and a second saying, mean nothing."""
    causes = status.get("details", {}).get("causes")
    if code in WORDED_FREELY or (code == 422 and causes):
        status = {name: item for name, item in status.items() if name != "message"}
    if causes:
        told = {msgspec.json.encode(cause, order="sorted"): cause for cause in causes}
        status = {**status, "details": {**status["details"], "causes": [told[key] for key in sorted(told)]}}
    return status


def _normal(body: Any) -> Any:
    raw = msgspec.json.encode(_without_versions(body)).decode()
    for pattern, instead in _ALIKE:
        raw = pattern.sub(instead, raw)
    return msgspec.json.decode(raw)


def _without_versions(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_versions(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_versions(item) for name, item in value.items() if name not in {"resourceVersion", "time"}}
    if isinstance(kept.get("conditions"), list):
        kept["conditions"] = sorted(kept["conditions"], key=lambda one: str(one.get("type")))
    kept.pop("terminatingReplicas", None)
    if "continue" in kept:
        kept["continue"] = bool(kept["continue"]) or None
    if isinstance(kept.get("spec"), dict) and "restartPolicy" in kept["spec"] and "metadata" in kept:
        kept = _pod(kept) if "template" not in kept["spec"] else kept
    if kept.get("details") == {}:
        del kept["details"]
    if isinstance(kept.get("items"), list):
        # Names are made up anew on each side, and the lists are in their order.
        kept["items"] = sorted(kept["items"], key=_place_of)
    return _ordered(_spared(kept))


def _spared(kept: Object) -> Object:
    """Without what is another at each asking."""
    # How long a pod takes to leave differs, and is not waited for.
    left = {name: item for name, item in kept.items() if name not in _OF_NO_MATTER}
    if "continue" in left:
        left["continue"] = bool(left["continue"]) or None
    if left.get("kind") == "ResourceQuota":
        # Its own controller may have told the same before the patch that is compared, which then owns nothing.
        left["metadata"] = {name: item for name, item in left["metadata"].items() if name != "managedFields"}
    for name in ("details", "annotations"):
        if left.get(name) == {}:
            del left[name]
    if isinstance(left.get("spec"), dict) and "restartPolicy" in left["spec"] and "metadata" in left:
        return _pod(left) if "template" not in left["spec"] else left
    return left


def _ordered(kept: Object) -> Object:
    """Lists whose order means nothing, in one order: names are made up anew on each side."""
    orders = {"managedFields": _author, "conditions": _kind_of, "items": _place_of}
    found = {name: sorted(kept[name], key=key) for name, key in orders.items() if isinstance(kept.get(name), list)}
    if "managedFields" in found:
        found["managedFields"] = [one for one in found["managedFields"] if one.get("manager") not in _CONTROLLERS]
    return {**kept, **found}


def _kind_of(condition: Object) -> tuple[str, ...]:
    return (str(condition.get("type")),)


def _pod(pod: Object) -> Object:
    """What a kubelet and admission plugins do to pods is not what a control plane is asked for."""
    if "containerStatuses" not in pod.get("status", {}) and "containers" not in pod.get("spec", {}):
        return pod
    spec = {name: item for name, item in pod.get("spec", {}).items() if name not in {*_ADMITTED, "nodeName"}}
    containers = [{**one, "volumeMounts": None} for one in spec.get("containers", [])]
    ready = [one.get("status") for one in pod.get("status", {}).get("conditions", []) if one.get("type") == "Ready"]
    status = {"phase": pod.get("status", {}).get("phase"), "ready": ready}
    return {**pod, "spec": {**spec, "containers": containers}, "status": status}


def _place_of(item: Object) -> tuple[str, ...]:
    metadata, spec = item.get("metadata", {}), item.get("spec", {})
    name = metadata.get("name", "") if "ownerReferences" not in metadata else ""
    containers = spec.get("template", {}).get("spec", {}).get("containers", [])
    return name, ",".join(str(one.get("image")) for one in containers)


def _author(entry: Object) -> tuple[str, ...]:
    return entry.get("manager", ""), entry.get("operation", ""), entry.get("subresource", "")


def _unraced(value: Any) -> Any:
    """Without what controllers write meanwhile, sooner on one side than on the other."""
    if isinstance(value, list):
        return [_unraced(item) for item in value]
    if not isinstance(value, dict) or value.get("kind") not in _CONTROLLED:
        return value
    kept = {name: item for name, item in value.items() if name != "status"}
    annotations = dict(kept["metadata"].get("annotations", {}))
    annotations.pop("deployment.kubernetes.io/revision", None)
    kept["metadata"] = {name: item for name, item in kept["metadata"].items() if name != "annotations"}
    return {**kept, "metadata": {**kept["metadata"], "annotations": annotations}} if annotations else kept


def _moved(seen: dict[tuple[str, str], str], body: Any) -> bool | None:
    """Whether the object has another version than when it was last told."""
    if not isinstance(body, dict) or not body.get("metadata", {}).get("resourceVersion"):
        return None
    place, version = (body.get("kind", ""), body["metadata"].get("name", "")), body["metadata"]["resourceVersion"]
    before, seen[place] = seen.get(place), version
    return None if before is None else before != version


def differences(one: list[Any], other: list[Any]) -> Differences:
    """Where they differ, by the number of the step and the place in its answer: what the first and the second say."""
    found: Differences = {}
    for number, (own, new) in enumerate(zip(one, other, strict=True)):
        found |= dict(_compared(own, new, str(number)))
    return found


def _compared(one: Any, other: Any, place: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in {**one, **other}:
            yield from _compared(one.get(name), other.get(name), f"{place}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (own, new) in enumerate(zip(one, other, strict=True)):
            yield from _compared(own, new, f"{place}[{number}]")
    elif one != other or type(one) is not type(other):
        yield place, (one, other)
