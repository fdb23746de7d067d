"""A manifest's text -> the Kubernetes objects in it, read as kubectl reads them, with what is wrong and where."""

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec import Struct

from libs.spec.contents import content_problems
from libs.spec.deployments import Wrong, deployment_problems
from libs.spec.kinds import FORBIDDEN, group_kind, likely_version
from libs.spec.problems import MOST_PROBLEMS, Origin, Place, Problem, Report, join, quoted
from libs.spec.tree.document import Limits, read
from libs.spec.tree.nodes import Entry, Keys, Mapping, Node, Scalar, Sequence
from libs.spec.tree.scalars import kubectl_value

# These words become parts of the paths that a cluster is asked for, so nothing else may be in them.
_REQUIRED = (
    (("apiVersion",), re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[a-z0-9]{1,63}"), "apps/v1"),
    (("kind",), re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}"), "Deployment"),
    (("metadata", "name"), re.compile(r"(?!\.{1,2}$)[^/%\s\x00-\x1f\x7f]{1,253}"), "a name"),
)
_DEPLOYED = ("apps", "extensions")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

Keyed = tuple[str | int, ...]


class Found(Struct, frozen=True):
    """One object and where it starts."""

    manifest: dict[str, Any]
    file: str
    line: int
    column: int


class Objects(Struct, frozen=True):
    found: tuple[Found, ...]
    """Without the objects that have a problem."""
    problems: tuple[Problem, ...]
    size: int


def read_objects(text: str | bytes, limits: Limits, origin: Origin) -> Objects:
    """Empty documents are passed over, lists are opened."""
    content = read(text, limits, origin)
    report = Report(origin)
    found = [one for node in content.documents for one in _Document(node, origin.file, report).objects()]
    return Objects(tuple(found), content.problems + report.problems(), content.size)


class _Document:
    """One document: its value as kubectl has it, and the places in it."""

    def __init__(self, node: Node, file: str, report: Report) -> None:
        self._node = node
        self._file = file
        self._report = report
        self._keys = Keys(_key_text, report)
        self._entries: dict[int, dict[str, Entry]] = {}
        """By the identity of the mapping: an object with many problems must not read its keys for each."""

    def objects(self) -> Iterator[Found]:
        value = self._plain(self._node, "")
        return iter(()) if value is None else self._opened(value, ())

    def _plain(self, node: Node, path: str) -> Any:
        if isinstance(node, Sequence):
            return [self._plain(item, join(path, index)) for index, item in enumerate(node.items)]
        if isinstance(node, Mapping):
            entries = self._entries[id(node)] = self._keys.entries(node, path)
            return {name: self._plain(entry.value, join(path, name)) for name, entry in entries.items()}
        value = kubectl_value(node)
        if isinstance(value, float) and not math.isfinite(value):
            place = Place(node.line, node.column, path)
            self._report.error(place, "out_of_range", f"is {node.text}, which JSON cannot hold", "quote a text")
            return None
        return value

    def _opened(self, value: Any, at: Keyed) -> Iterator[Found]:
        if not isinstance(value, dict):
            self._error(
                at, "wrong_type", "is not a mapping, so no Kubernetes object", "write apiVersion, kind, metadata"
            )
        elif isinstance(items := value.get("items"), list) and str(value.get("kind")).endswith("List"):
            for index, item in enumerate(items):
                yield from self._opened(item, (*at, "items", index))
        elif self._is_object(value, at):
            place = self._place(at)
            yield Found(value, self._file, place.line, place.column)

    def _is_object(self, value: dict[str, Any], at: Keyed) -> bool:
        complete = [self._check_word(value, at, *required) for required in _REQUIRED]
        return (
            all(complete)
            and self._check_namespace(value, at)
            and self._check_kind(value, at)
            and self._check_contents(value, at)
        )

    def _check_word(self, value: dict[str, Any], at: Keyed, keys: Keyed, words: re.Pattern[str], example: str) -> bool:
        word: Any = value
        for key in keys:
            word = word.get(key) if isinstance(word, dict) else None
        if word is None:
            generated = keys[-1] == "name" and "generateName" in (value.get("metadata") or {})
            wanted = likely_version(value.get("kind")) if keys == ("apiVersion",) else example
            hint = "write it instead of generateName, to be found again" if generated else f"add it: {wanted}"
            self._error((*at, *keys), "missing_key", "is missing", hint)
            return False
        if not isinstance(word, str) or not words.fullmatch(word):
            self._error((*at, *keys), "bad_name", f"needs {example}, not {quoted(str(word))}", "")
            return False
        return True

    def _check_namespace(self, value: dict[str, Any], at: Keyed) -> bool:
        namespace = value["metadata"].get("namespace")
        if namespace is None or (isinstance(namespace, str) and _NAMESPACE.fullmatch(namespace)):
            return True
        self._error((*at, "metadata", "namespace"), "bad_name", f"{quoted(str(namespace))} is no namespace", "")
        return False

    def _check_kind(self, value: dict[str, Any], at: Keyed) -> bool:
        hint = FORBIDDEN.get(group_kind(value))
        if hint is not None:
            self._error((*at, "kind"), "forbidden_kind", f"{value['kind']} cannot be deployed by itself", hint)
        return hint is None

    def _check_contents(self, value: dict[str, Any], at: Keyed) -> bool:
        wrong = list(islice(_wrong(value), MOST_PROBLEMS))
        for keys, code, message, hint in wrong:
            self._error((*at, *keys), code, message, hint)
        return not wrong

    def _error(self, at: Keyed, code: str, message: str, hint: str) -> None:
        self._report.error(self._place(at), code, message, hint)

    def _place(self, at: Keyed) -> Place:
        """The place of a value; where it is missing, that of the last thing on the way to it."""
        node, path = self._node, ""
        for key in at:
            path = join(path, key)
            node = self._child(node, key) or node
        return Place(node.line, node.column, path)

    def _child(self, node: Node, key: str | int) -> Node | None:
        if isinstance(node, Sequence) and isinstance(key, int):
            return node.items[key]
        entry = self._entries.get(id(node), {}).get(str(key))
        return entry.value if entry else None


def _wrong(value: dict[str, Any]) -> Wrong:
    yield from content_problems(value)
    group, kind = group_kind(value)
    if kind == "Deployment" and group in _DEPLOYED:
        yield from deployment_problems(value)


def _key_text(key: Scalar) -> str | None:
    value = kubectl_value(key)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
