"""What is wrong with the pods of a template: containers without a name, volumes that are not there, wrong sizes?"""

from collections.abc import Iterator
from typing import Any

from sandbox.objects import ports
from sandbox.objects.causes import bad_value, duplicate, not_found, required, unsupported
from sandbox.objects.json import Object, at, items, table, text
from sandbox.objects.naming import LABEL_RULE, is_label
from sandbox.objects.quantities import amount, spelled
from sandbox.objects.refusals import Cause

_PULLS = ("Always", "IfNotPresent", "Never")
_LASTING = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})


def problems_of_pods(kind: str, value: Object, template: tuple[str, ...]) -> Iterator[Cause]:
    """`template` is where the pods stand in the object: nowhere deeper, for a pod itself."""
    spec, path = table(value, *template, "spec"), ".".join((*template, "spec"))
    containers = items(spec, "containers")
    if not containers:
        yield required(f"{path}.containers")
    volumes = _volumes(value, spec)
    for place, container in enumerate(containers):
        yield from _container(container, f"{path}.containers[{place}]", volumes)
    names = [container.get("name") for container in containers if isinstance(container, dict)]
    for name in sorted({str(name) for name in names if name and names.count(name) > 1}):
        yield duplicate(f"{path}.containers[{len(names) - 1 - names[::-1].index(name)}].name", name)
    if kind in _LASTING and spec.get("restartPolicy") not in {None, "Always"}:
        yield unsupported(f"{path}.restartPolicy", spec["restartPolicy"], ("Always",))


def _volumes(value: Object, spec: Object) -> list[str]:
    """What containers may mount: a StatefulSet's claims have volumes of their names."""
    volumes = [text(volume, "name") for volume in items(spec, "volumes") if isinstance(volume, dict)]
    return volumes + [text(claim, "metadata", "name") for claim in items(value, "spec", "volumeClaimTemplates")]


def _container(container: Any, path: str, volumes: list[str]) -> Iterator[Cause]:
    if not isinstance(container, dict):
        yield bad_value(path, container, "must be an object")
        return
    name = text(container, "name")
    if not name:
        yield required(f"{path}.name")
    elif not is_label(name):
        yield bad_value(f"{path}.name", name, LABEL_RULE)
    if not text(container, "image"):
        yield required(f"{path}.image")
    yield from ports.of_container(container, path)
    yield from _parts(container, path, volumes)


def _parts(container: Object, path: str, volumes: list[str]) -> Iterator[Cause]:
    for place, variable in enumerate(items(container, "env")):
        if isinstance(variable, dict) and not text(variable, "name"):
            yield required(f"{path}.env[{place}].name")
    for place, mount in enumerate(items(container, "volumeMounts")):
        if isinstance(mount, dict) and text(mount, "name") not in volumes:
            yield not_found(f"{path}.volumeMounts[{place}].name", text(mount, "name"))
    if (policy := container.get("imagePullPolicy")) not in {None, *_PULLS}:
        yield unsupported(f"{path}.imagePullPolicy", policy, _PULLS)
    yield from _sizes(container, path)


def _sizes(container: Object, path: str) -> Iterator[Cause]:
    limits = table(container, "resources", "limits")
    for name, asked in table(container, "resources", "requests").items():
        most = at(limits, name)
        if most is not None and amount(asked) > amount(most):
            detail = f"must be less than or equal to {name} limit of {most}"
            yield bad_value(f"{path}.resources.requests", spelled(amount(asked)), detail)
