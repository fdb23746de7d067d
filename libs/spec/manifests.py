"""Which Kubernetes objects go to which target: manifest texts chosen, read and dressed with their namespace."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from libs.spec.kinds import CLUSTER_SCOPED, GroupKind, defined_cluster_scoped, group_kind
from libs.spec.model import Manifest, Spec, Target
from libs.spec.objects import Found, read_objects
from libs.spec.problems import MOST_PROBLEMS, Origin, Place, Places, Problem, Report, path_of, place_of, quoted
from libs.spec.tree.document import Limits

LIMITS = Limits(bytes=10 * 2**20, nodes=200_000, scalar=2**20, documents=1000)
"""For all manifests of a request together."""
MOST_OBJECTS = 1000
"""For one target."""

Files = Mapping[str, Sequence[str]]
"""The texts of each path as written in the file; a folder has several."""
Documents = Mapping[str, tuple[dict[str, Any], ...]]


class Loaded(Struct, frozen=True):
    """What each entry of `manifests` holds, in the file's order."""

    entries: tuple[tuple[Found, ...], ...]
    problems: tuple[Problem, ...]


def load(manifests: Sequence[Manifest], files: Files, names: Files | None = None) -> Loaded:
    """Reads every text once; `names` are the texts' file names, where known."""
    loader = _Loader(files, names or {})
    entries = tuple(tuple(loader.objects(manifest, index)) for index, manifest in enumerate(manifests))
    return Loaded(entries, tuple(loader.problems))


def select(spec: Spec, loaded: Loaded, target: str) -> tuple[tuple[dict[str, Any], ...], tuple[Problem, ...]]:
    """What goes to a target, each object once and in its namespace, in the file's order."""
    entries = zip(spec.manifests, loaded.entries, strict=True)
    found = [one for manifest, entry in entries if target in manifest.targets for one in entry]
    namespace = _Namespaces(spec.targets[target], found)
    problems = []
    chosen: dict[tuple[str, str, str, str], Found] = {}
    for one in found:
        dressed = namespace.dress(one.manifest)
        first = chosen.setdefault(_identity(dressed), replace(one, manifest=dressed))
        if first.manifest is not dressed:
            problems.append(_twice(one, first, target))
    if len(chosen) > MOST_OBJECTS:
        path = path_of("targets", target)
        problems.append(Problem(0, 0, path, f"has {len(chosen)} objects; {MOST_OBJECTS} are allowed", code="too_many"))
    return tuple(one.manifest for one in chosen.values()), tuple(problems)


def check_manifests(spec: Spec, documents: Documents, places: Places | None = None) -> tuple[Problem, ...]:
    """The rules that need all manifests; `documents` are each target's objects, `places` the parsed file's."""
    report = Report()
    for name, target in spec.targets.items():
        path = path_of("targets", name)
        place = place_of(places or {}, path)
        deployments = [one for one in documents.get(name, ()) if group_kind(one) == ("apps", "Deployment")]
        if deployments and not target.strategy:
            shown = quoted(deployments[0]["metadata"]["name"])
            missing = replace(place, path=path_of("targets", name, "strategy"))
            report.error(missing, "missing_key", f"is missing: Deployment {shown} goes to it", "name a strategy")
        if not documents.get(name):
            report.error(place, "no_manifests", "has no object to deploy", "its manifests are empty; add one")
    return report.problems()


class _Loader:
    """Reads texts until what one request may hold is spent."""

    def __init__(self, files: Files, names: Files) -> None:
        self.problems: list[Problem] = []
        self._files = files
        self._names = names
        self._left = LIMITS

    def objects(self, manifest: Manifest, index: int) -> Iterator[Found]:
        for origin, text in self._texts(manifest, index):
            yield from self._read(text, origin)

    def _texts(self, manifest: Manifest, index: int) -> Iterator[tuple[Origin, str]]:
        if not manifest.path:
            path = path_of("manifests", index, "inline")
            moved = Origin("", manifest.line, manifest.column, path)
            yield (moved if manifest.verbatim else Origin(path)), manifest.inline
        elif manifest.path not in self._files:
            place = Place(manifest.line, manifest.column, path_of("manifests", index, "path"))
            self._refuse(Origin(), place, "missing_file", ("has no text in the request", "send it under files"))
        else:
            texts = self._files[manifest.path]
            for number, text in enumerate(texts):
                yield Origin(self._name(manifest.path, number, len(texts))), text

    def _read(self, text: str, origin: Origin) -> tuple[Found, ...]:
        if len(text) > self._left.bytes:
            message = f"brings the manifests of this request over {LIMITS.bytes // 2**20} MiB"
            self._refuse(origin, Place(), "too_large", (message, "deploy fewer, or smaller ones"))
            return ()
        objects = read_objects(text, self._left, origin)
        nodes = max(self._left.nodes - objects.size, 0)
        self._left = replace(self._left, bytes=self._left.bytes - len(text), nodes=nodes)
        self._keep(objects.problems)
        return objects.found

    def _refuse(self, origin: Origin, place: Place, code: str, words: tuple[str, str]) -> None:
        report = Report(origin)
        report.error(place, code, *words)
        self._keep(report.problems())

    def _keep(self, problems: tuple[Problem, ...]) -> None:
        """All are errors, so those beyond the limit change nothing but the length of the answer."""
        self.problems += problems[: max(MOST_PROBLEMS - len(self.problems), 0)]

    def _name(self, path: str, number: int, count: int) -> str:
        names = self._names.get(path, ())
        if number < len(names):
            return names[number]
        return path if count == 1 else f"{path} ({number + 1})"


class _Namespaces:
    """The namespace rule of one target: its own, else the manifest's, else `default`; none for what is cluster-wide."""

    def __init__(self, target: Target, found: list[Found]) -> None:
        self._namespace = target.namespace
        defined = (defined_cluster_scoped(one.manifest) for one in found)
        self._cluster_scoped: frozenset[GroupKind] = CLUSTER_SCOPED | {kind for kind in defined if kind}

    def dress(self, manifest: dict[str, Any]) -> dict[str, Any]:
        metadata = {key: value for key, value in manifest["metadata"].items() if key != "namespace"}
        if group_kind(manifest) not in self._cluster_scoped:
            metadata["namespace"] = self._namespace or manifest["metadata"].get("namespace") or "default"
        return {**manifest, "metadata": metadata}


def _identity(manifest: dict[str, Any]) -> tuple[str, str, str, str]:
    """Versions of one group serve the same objects, so the version does not count."""
    metadata = manifest["metadata"]
    return (*group_kind(manifest), metadata.get("namespace", ""), metadata["name"])


def _twice(one: Found, first: Found, target: str) -> Problem:
    where = ":".join([first.file] * bool(first.file) + [str(first.line), str(first.column)])
    shown = f"{one.manifest['kind']} {quoted(one.manifest['metadata']['name'])}"
    message = f"is there twice for target {quoted(target)}, first at {where}"
    return Problem(
        one.line, one.column, shown, message, "remove one of the two", code="duplicate_object", file=one.file
    )
