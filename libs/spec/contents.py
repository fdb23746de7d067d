"""What in an object of a built-in kind no API server takes: its name, its labels, what a ConfigMap or Secret holds.

Only what every version refuses, whatever its admission adds. Kinds that are not in the table are left to the cluster.
"""

import re
from typing import Any

from libs.spec.deployments import Wrong
from libs.spec.kinds import GroupKind, group_kind
from libs.spec.problems import quoted

_LABEL = (re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"), "63 small letters, digits and '-'")
"""Of a Service too: newer clusters let its name begin with a digit."""
_SUBDOMAIN = (
    re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
    "253 small letters, digits, '-' and '.'",
)
_NAMES = {
    "": {
        _LABEL: "Namespace Service",
        _SUBDOMAIN: "ConfigMap Endpoints LimitRange PersistentVolume PersistentVolumeClaim ReplicationController "
        "ResourceQuota Secret ServiceAccount",
    },
    "apps": {_SUBDOMAIN: "DaemonSet Deployment StatefulSet"},
    "autoscaling": {_SUBDOMAIN: "HorizontalPodAutoscaler"},
    "batch": {_SUBDOMAIN: "CronJob Job"},
    "networking.k8s.io": {_SUBDOMAIN: "Ingress IngressClass NetworkPolicy"},
    "policy": {_SUBDOMAIN: "PodDisruptionBudget"},
    "scheduling.k8s.io": {_SUBDOMAIN: "PriorityClass"},
    "storage.k8s.io": {_SUBDOMAIN: "StorageClass"},
}
_NAME_OF: dict[GroupKind, tuple[re.Pattern[str], str]] = {
    (group, kind): words for group, kinds in _NAMES.items() for words, named in kinds.items() for kind in named.split()
}
_TEXTS = {("", "ConfigMap"): ("data",), ("", "Secret"): ("stringData",)}
_BYTES = {("", "ConfigMap"): ("binaryData",), ("", "Secret"): ("data",)}
_KEY = re.compile(r"(?!\.{1,2}$)(?!\.\.)[-._A-Za-z0-9]{1,253}")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def content_problems(manifest: dict[str, Any]) -> Wrong:
    kind = group_kind(manifest)
    if kind not in _NAME_OF:
        return
    yield from _name(manifest, *_NAME_OF[kind])
    for key in ("labels", "annotations"):
        yield from _texts(manifest["metadata"].get(key), ("metadata", key))
    for key in _TEXTS.get(kind, ()):
        yield from _data(manifest.get(key), key)
    for key in _BYTES.get(kind, ()):
        yield from _data(manifest.get(key), key)
        yield from _base64(manifest.get(key), key)


def _name(manifest: dict[str, Any], pattern: re.Pattern[str], allowed: str) -> Wrong:
    name = manifest["metadata"]["name"]
    if not pattern.fullmatch(name):
        message = f"{quoted(name)} is a name that no cluster takes for {manifest['kind']}"
        hint = f"write up to {allowed}, beginning and ending with a letter or digit"
        yield ("metadata", "name"), "bad_name", message, hint


def _data(held: Any, key: str) -> Wrong:
    yield from _texts(held, (key,))
    for name in held if isinstance(held, dict) else ():
        if not _KEY.fullmatch(name):
            yield (key, name), "bad_name", f"{quoted(name)} is no key", "write letters, digits, '-', '_' and '.'"


def _texts(held: Any, at: tuple[str, ...]) -> Wrong:
    """`null` counts as left out, as a cluster has it."""
    if held is not None and not isinstance(held, dict):
        yield at, "wrong_type", f"needs a mapping of texts, not {_found(held)}", ""
        return
    for name, value in (held or {}).items():
        if value is not None and not isinstance(value, str):
            hint = "" if isinstance(value, dict | list) else "put it in quotes"
            yield (*at, name), "wrong_type", f"needs text, not {_found(value)}", hint


def _base64(held: Any, key: str) -> Wrong:
    for name, value in held.items() if isinstance(held, dict) else ():
        if isinstance(value, str) and not _BASE64.fullmatch(re.sub(r"[\r\n]", "", value)):
            hint = "write plain text under stringData" if key == "data" else "write plain text under data"
            yield (key, name), "wrong_type", "needs base64", hint


def _found(value: Any) -> str:
    """Without the value itself, which may be a secret."""
    kinds = {dict: "a mapping", list: "a list", bool: "true or false", str: "a text"}
    return kinds.get(type(value), "a number")
