"""Checks a positioned tree against the declared shape: plain values out, and every problem with its place.

A value that is wrong reads as None, so that what is right around it can still be checked.
"""

from typing import Any

from libs.spec.problems import Place, Report, join
from libs.spec.shape.shape import Ignored, ListOf, MapOf, NotBuilt, NotHere, Record, Shape
from libs.spec.shape.word import name_problem, read_word
from libs.spec.shape.words import found, one_of, wanted
from libs.spec.tree.nodes import Entry, Keys, Mapping, Node, Scalar, Sequence
from libs.spec.tree.scalars import strict_value


class Walk:
    """One pass over one file; afterwards `places` says where the value of each path stands."""

    def __init__(self, report: Report) -> None:
        self.places: dict[str, Place] = {}
        self.literals: set[str] = set()
        """Paths of the texts whose lines are the file's own."""
        self._report = report
        self._heads: dict[str, Place] = {}
        self._keys = Keys(_key_text, report)

    def value(self, shape: Shape, node: Node, path: str) -> Any:
        place = self.places[path] = Place(node.line, node.column, path)
        match shape:
            case NotBuilt() | NotHere() | Ignored():
                return self._outside(shape, node, place)
            case _ if is_empty(node):
                self._report.error(place, "empty", "is empty", f"write {wanted(shape)}")
                return None
            case ListOf():
                return self._list(shape, node, path)
            case MapOf():
                return self._map(shape, node, path)
            case Record():
                return self._record(shape, node, path)
        if isinstance(node, Scalar) and node.is_literal:
            self.literals.add(path)
        return read_word(shape, node, place, self._report)

    def _outside(self, shape: NotBuilt | NotHere | Ignored, node: Node, place: Place) -> None:
        head = self._heads.get(place.path, place)
        if isinstance(shape, NotHere):
            self._report.error(head, "not_here", "has no meaning here", shape.hint)
        if isinstance(shape, NotBuilt) and not _is_harmless(shape, node):
            self._report.error(head, "not_built", "is not built yet in this release", "remove it")

    def _list(self, shape: ListOf, node: Node, path: str) -> list[Any] | None:
        if isinstance(node, Scalar) and shape.lone:
            self._report.warn(
                self.places[path], "lone_item", "is a single text and counts as a list", "write it in [ ]"
            )
            return [self.value(shape.item, node, path)]
        if not isinstance(node, Sequence):
            hint = "start each item with '- '" if isinstance(node, Mapping) else "write it in [ ]"
            self._wrong(shape, node, path, hint)
            return None
        if self._has_wrong_length(shape, len(node.items), path):
            return None
        return [self.value(shape.item, item, join(path, index)) for index, item in enumerate(node.items)]

    def _map(self, shape: MapOf, node: Node, path: str) -> dict[str, Any] | None:
        if not isinstance(node, Mapping):
            self._wrong(shape, node, path, _hint_for_mapping(node))
            return None
        entries = self._keys.entries(node, path)
        if self._has_wrong_length(shape, len(entries), path):
            return None
        for name, entry in entries.items():
            if problem := name_problem(name):
                self._report.error(self._head(entry, join(path, name)), "bad_name", problem)
        return {name: self._entry(shape.value, entry, join(path, name)) for name, entry in entries.items()}

    def _record(self, shape: Record, node: Node, path: str) -> dict[str, Any] | None:
        if isinstance(node, Scalar) and shape.shorthand:
            return {shape.shorthand: self.value(shape.fields[shape.shorthand], node, path)}
        if not isinstance(node, Mapping):
            self._wrong(shape, node, path, _hint_for_mapping(node))
            return None
        written = self._keys.entries(node, path)
        entries = self._known(shape, written, path)
        self._check_required(shape, entries, path)
        if shape.one and len(entries) != 1 and (entries or not written):
            self._report_keys(shape, tuple(entries), path)
        return {key: self._entry(shape.fields[key], entry, join(path, key)) for key, entry in entries.items()}

    def _entry(self, shape: Shape, entry: Entry, path: str) -> Any:
        self._head(entry, path)
        return self.value(shape, entry.value, path)

    def _known(self, shape: Record, entries: dict[str, Entry], path: str) -> dict[str, Entry]:
        """The entries under their present names, without those that are unknown or left empty."""
        known: dict[str, Entry] = {}
        for written, entry in entries.items():
            head = self._head(entry, join(path, written))
            key = self._current(shape, written, entries, head)
            if key not in shape.fields:
                self._report.error(head, "unknown_key", "is not known here", self._hint(shape, written))
            elif self._is_left_out(shape, key, entry, head):
                self._report.warn(
                    head, "empty", "is empty and counts as left out", "remove the key, or give it a value"
                )
            else:
                known[key] = entry
        return known

    def _current(self, shape: Record, written: str, entries: dict[str, Entry], head: Place) -> str:
        key = shape.aliases.get(written)
        if key is None:
            return written
        if key in entries:
            self._report.error(head, "duplicate_key", f"is another spelling of {key}, which is there too", "keep one")
        else:
            self._report.warn(head, "old_spelling", "is an old spelling", f"write {key}")
        return key

    def _is_left_out(self, shape: Record, key: str, entry: Entry, head: Place) -> bool:
        outside = isinstance(shape.fields[key], NotBuilt | NotHere | Ignored)
        return is_empty(entry.value) and not (outside or shape.one or key in shape.required)

    def _check_required(self, shape: Record, entries: dict[str, Entry], path: str) -> None:
        place = self._heads.get(path, self.places[path])
        for key in shape.required:
            if key not in entries:
                missing = Place(place.line, place.column, join(path, key))
                self._report.error(missing, "missing_key", "is missing", f"add it: {wanted(shape.fields[key])}")

    def _report_keys(self, shape: Record, keys: tuple[str, ...], path: str) -> None:
        place = self.places[path]
        if not keys:
            self._report.error(place, "missing_key", "has no key", f"write {one_of(_built(shape))}")
            return
        hint = "write each as an item of its own, after '- '" if path.endswith("]") else "keep one"
        self._report.error(place, "too_many_keys", f"has {len(keys)} keys where one may be: {', '.join(keys)}", hint)

    def _has_wrong_length(self, shape: ListOf | MapOf, length: int, path: str) -> bool:
        if length > shape.most:
            self._report.error(self.places[path], "too_many", f"has {length} entries; {shape.most} are allowed")
        if length < shape.least:
            hint = shape.hint if isinstance(shape, ListOf) else ""
            self._report.error(self.places[path], "too_few", "is empty", hint or "add at least one entry")
        return not shape.least <= length <= shape.most

    def _wrong(self, shape: Shape, node: Node, path: str, hint: str) -> None:
        self._report.error(self.places[path], "wrong_type", f"needs {wanted(shape)}, not {found(node)}", hint)

    def _hint(self, shape: Record, key: str) -> str:
        if key in shape.hints:
            return shape.hints[key]
        for name, inner in shape.fields.items():
            if isinstance(inner, Record) and key in inner.fields:
                return f"it belongs under {name}: indent it deeper than {name}"
        known = (name for name, inner in shape.fields.items() if not isinstance(inner, NotHere | Ignored))
        return self._report.suggestion(key, known)

    def _head(self, entry: Entry, path: str) -> Place:
        head = self._heads[path] = Place(entry.key.line, entry.key.column, path)
        return head


def is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and strict_value(node) is None


def _key_text(key: Scalar) -> str | None:
    value = strict_value(key)
    return value if isinstance(value, str) else None


def _is_harmless(shape: NotBuilt, node: Node) -> bool:
    return shape.harmless is not None and isinstance(node, Scalar) and strict_value(node) is shape.harmless


def _hint_for_mapping(node: Node) -> str:
    return "remove the '- ' before its keys" if isinstance(node, Sequence) else "write its keys below it, indented"


def _built(shape: Record) -> tuple[str, ...]:
    return tuple(key for key, inner in shape.fields.items() if not isinstance(inner, NotBuilt | NotHere))
