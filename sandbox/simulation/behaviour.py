"""How should a pod behave: well, or with which fault? Read from the pod's annotations and from faults that were set."""

from fnmatch import fnmatchcase

from msgspec import Struct

from sandbox.objects.json import Object, items, table, text
from sandbox.objects.selectors import by_labels

PREFIX = "sandbox.fairlead.dev/"
READY_SECONDS = 0.2
UNPULLABLE = ("missing.example/*", "*:never")


class Behaviour(Struct, frozen=True, kw_only=True):
    ready_seconds: float = READY_SECONDS
    start_seconds: float = 0.0
    unready_after_seconds: float | None = None
    work_seconds: float | None = None
    is_unpullable: bool = False
    is_crashing: bool = False
    is_never_ready: bool = False
    is_pending: bool = False


class PodFault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault for every pod that matches; what is left out matches all. Faults: see `FAULTS`."""

    fault: str = ""
    namespace: str = "*"
    name: str = "*"
    image: str = "*"
    labels: str = ""
    start_seconds: float | None = None
    unready_after_seconds: float | None = None
    work_seconds: float | None = None


FAULTS = {
    "image-pull": "is_unpullable",
    "crash-loop": "is_crashing",
    "never-ready": "is_never_ready",
    "pending": "is_pending",
}
_SECONDS = {
    "start-seconds": "start_seconds",
    "unready-after-seconds": "unready_after_seconds",
    "work-seconds": "work_seconds",
}


def behaviour_of(pod: Object, faults: tuple[PodFault, ...], ready_seconds: float) -> Behaviour:
    """Annotations on the pod come first, then each matching fault in the order set; the last word counts."""
    chosen: dict[str, float | bool] = {"ready_seconds": ready_seconds, **_annotated(pod)}
    if any(_is_unpullable(image) for image in _images(pod)):
        chosen["is_unpullable"] = True
    for fault in faults:
        if matches(fault, pod):
            chosen |= _chosen(fault)
    return Behaviour(**chosen)  # type: ignore[arg-type]


def _annotated(pod: Object) -> dict[str, float | bool]:
    annotations = table(pod, "metadata", "annotations")
    found: dict[str, float | bool] = {}
    if (fault := annotations.get(f"{PREFIX}fault")) in FAULTS:
        found[FAULTS[fault]] = True
    for name, field in _SECONDS.items():
        if (seconds := _seconds(annotations.get(PREFIX + name))) is not None:
            found[field] = seconds
    return found


def _seconds(value: object) -> float | None:
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 86_400 else None


def _images(pod: Object) -> list[str]:
    return [text(container, "image") for container in items(pod, "spec", "containers")]


def _is_unpullable(image: str) -> bool:
    return any(fnmatchcase(image, pattern) for pattern in UNPULLABLE)


def matches(fault: PodFault, pod: Object) -> bool:
    return (
        fnmatchcase(text(pod, "metadata", "namespace"), fault.namespace)
        and fnmatchcase(text(pod, "metadata", "name"), fault.name)
        and any(fnmatchcase(image, fault.image) for image in _images(pod))
        and by_labels(fault.labels)(pod)
    )


def _chosen(fault: PodFault) -> dict[str, float | bool]:
    found: dict[str, float | bool] = {FAULTS[fault.fault]: True} if fault.fault in FAULTS else {}
    for field in _SECONDS.values():
        if (seconds := getattr(fault, field)) is not None:
            found[field] = seconds
    return found
