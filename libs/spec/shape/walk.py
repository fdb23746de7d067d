"""Checks a positioned tree against the declared shape: plain values out, and every problem with its place.

A value that is wrong reads as None, so that what is right around it can still be checked.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from libs.spec.problems import Place, Report, join, quoted
from libs.spec.shape.look import hint_for_mapping, is_braces, is_empty, joined, key_text, name_of
from libs.spec.shape.names import Names
from libs.spec.shape.shape import Ignored, ListOf, MapOf, NotBuilt, NotHere, Outside, Record, Shape, Text, Values
from libs.spec.shape.word import name_problem, read_word
from libs.spec.shape.words import found, one_of, wanted
from libs.spec.tree.nodes import Entry, Keys, Mapping, Node, Scalar, Sequence


class Walk:
    """One pass over one file; afterwards `places` says where the value of each path stands."""

    def __init__(self, report: Report) -> None:
        self.places: dict[str, Place] = {}
        self.names = Names()
        self.heads: dict[str, Place] = {}
        """Where the key of each path stands."""
        self.literals: set[str] = set()
        """Paths of the texts whose lines are the file's own."""
        self._report = report
        self._keys = Keys(key_text, report)

    def value(self, shape: Shape, node: Node, path: str) -> Any:
        place = self.places[path] = Place(node.line, node.column, path)
        match shape:
            case NotBuilt() | NotHere() | Ignored():
                return self._outside(shape, place)
            case _ if is_empty(node):
                self._report.error(place, "empty", "is empty", f"write {wanted(shape)}")
                return None
            case ListOf():
                return self._list(shape, node, path)
            case MapOf():
                return self._map(shape, node, path)
            case Record():
                return self._record(shape, node, path)
        return self._word(shape, node, path)

    def _word(self, shape: Shape, node: Node, path: str) -> Any:
        if is_braces(node):
            self._wrong(shape, node, path, "put a text with {{ }} in it in quotes")
            return None
        if isinstance(node, Scalar) and node.is_literal:
            self.literals.add(path)
        value = read_word(shape, node, self.places[path], self._report)
        if isinstance(shape, Text) and shape.refers and value is not None and not self._report.is_soft:
            self.names.use(shape.refers, str(value), path)
        return value

    def _outside(self, shape: Outside, place: Place) -> None:
        head = self.heads.get(place.path, place)
        if isinstance(shape, NotHere):
            self._report.error(head, "not_here", "has no meaning here", shape.hint)
        if isinstance(shape, NotBuilt):
            self._report.error(head, "not_built", "is not built yet in this release", shape.hint)

    def _list(self, shape: ListOf, node: Node, path: str) -> list[Any] | None:
        items = self._items(shape, node, path)
        if items is None or self._has_wrong_length(shape, len(items), path):
            return None
        numbered = ((item, join(path, index)) for index, item in enumerate(items))
        if shape.defines:
            return [self._definition(shape, item, at) for item, at in numbered]
        return [self.value(shape.item, item, at) for item, at in numbered]

    def _items(self, shape: ListOf, node: Node, path: str) -> tuple[Node, ...] | None:
        if isinstance(node, Sequence):
            return node.items
        if isinstance(node, Mapping) and shape.wrap:
            return (node,)
        if isinstance(node, Scalar) and shape.lone:
            place = self.places[path]
            self._report.warn(place, "lone_item", "is a single text and counts as a list", "write it in [ ]")
            return (node,)
        hint = "start each item with '- '" if isinstance(node, Mapping) else "write it in [ ]"
        self._wrong(shape, node, path, hint)
        return None

    def _definition(self, shape: ListOf, node: Node, path: str) -> Any:
        """What nothing uses may be broken, and is then passed over."""
        name = name_of(node)
        soft = name is None or not self.names.is_used(shape.defines, name)
        if name is not None and not self.names.define(shape.defines, name, path):
            soft = self._twice(shape.defines, name, Place(node.line, node.column, path))
        with self._report.softly(soft) as softened:
            value = self.value(shape.item, node, path)
        return None if softened.is_broken else value

    def _twice(self, kind: str, name: str, place: Place) -> bool:
        first = self.places[self.names.defined[kind][name]]
        message = f"defines {quoted(name)} again; that at {first.line}:{first.column} counts"
        self._report.warn(place, "duplicate_name", message, "remove one, or rename it")
        return True

    def _map(self, shape: MapOf, node: Node, path: str) -> Values | None:
        whole = joined(node) if shape.pairs else node
        if not isinstance(whole, Mapping):
            self._wrong(shape, node, path, hint_for_mapping(node))
            return None
        entries = self._keys.entries(whole, path)
        if self._has_wrong_length(shape, len(entries), path):
            return None
        return dict(self._named(shape, entries, path))

    def _named(self, shape: MapOf, entries: dict[str, Entry], path: str) -> Iterator[tuple[str, Any]]:
        for name, entry in entries.items():
            at = join(path, name)
            self.names.define(shape.defines, name, at)
            with self._report.softly(bool(shape.defines) and not self.names.is_used(shape.defines, name)) as softened:
                if problem := name_problem(name):
                    self._report.error(self._head(entry, at), "bad_name", problem)
                value = self._entry(shape.value, entry, at)
            if not softened.is_broken:
                yield name, value

    def _record(self, shape: Record, node: Node, path: str) -> Values | None:
        if isinstance(node, Scalar) and shape.shorthand:
            return {shape.shorthand: self.value(shape.fields[shape.shorthand], node, path)}
        if not isinstance(node, Mapping):
            self._wrong(shape, node, path, _listed_key(shape, node) or hint_for_mapping(node))
            return None
        written = self._keys.entries(node, path)
        entries = self._known(shape, written, path)
        self._check_required(shape, entries, path)
        if shape.one and len(entries) != 1 and (entries or not written):
            self._report_keys(shape, tuple(entries), path)
        return {key: self._entry(shape.fields[key], entries[key], join(path, key)) for key in _ordered(shape, entries)}

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
        key = shape.aliases.get(written) or shape.same.get(written)
        if key is None:
            return written
        if key in entries:
            self._report.error(head, "duplicate_key", f"is another spelling of {key}, which is there too", "keep one")
        elif written in shape.aliases:
            self._report.warn(head, "old_spelling", "is an old spelling", f"write {key}")
        return key

    def _is_left_out(self, shape: Record, key: str, entry: Entry, head: Place) -> bool:
        outside = isinstance(shape.fields[key], NotBuilt | NotHere | Ignored)
        return is_empty(entry.value) and not (outside or shape.one or key in shape.required)

    def _check_required(self, shape: Record, entries: dict[str, Entry], path: str) -> None:
        place = self.heads.get(path, self.places[path])
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
        known = (name for name, inner in shape.fields.items() if not isinstance(inner, NotBuilt | NotHere | Ignored))
        return self._report.suggestion(key, known)

    def _head(self, entry: Entry, path: str) -> Place:
        head = self.heads[path] = Place(entry.key.line, entry.key.column, path)
        return head


def _listed_key(shape: Record, node: Node) -> str:
    """What to do where a list stands in the place of a mapping that holds it; empty where it is another's."""
    lists = [key for key in shape.required if isinstance(shape.fields[key], ListOf)]
    return f"put the list under {lists[0]}:" if isinstance(node, Sequence) and len(lists) == 1 else ""


def _ordered(shape: Record, entries: dict[str, Entry]) -> Iterable[str]:
    return entries if len(entries) == 1 else (key for key in shape.fields if key in entries)


def _built(shape: Record) -> tuple[str, ...]:
    return tuple(key for key, inner in shape.fields.items() if not isinstance(inner, NotBuilt | NotHere))
