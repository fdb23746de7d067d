"""The tree of a YAML document with positions, and how a mapping's keys are read from it."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from libs.spec.problems import Place, Report, join, quoted


# Trees never hold themselves, so the garbage collector need not walk them again and again while a large one grows.
class Scalar(Struct, frozen=True, gc=False):
    line: int
    column: int
    text: str
    is_plain: bool = True
    """Neither quoted nor tagged, so that its meaning depends on what the word looks like."""
    is_literal: bool = False
    """A block after `|`: its lines are the file's own."""


class Sequence(Struct, frozen=True, gc=False):
    line: int
    column: int
    items: tuple["Node", ...]


class Mapping(Struct, frozen=True, gc=False):
    line: int
    column: int
    entries: tuple[tuple["Node", "Node"], ...]


Node = Scalar | Sequence | Mapping
KeyText = Callable[[Scalar], str | None]
"""What a key says; None where it is not a name."""


class Entry(Struct, frozen=True, gc=False):
    key: Scalar
    value: Node


class Keys:
    """Reads mappings: merge keys resolved, duplicates and keys that are no names reported."""

    def __init__(self, text_of: KeyText, report: Report) -> None:
        self._text_of = text_of
        self._report = report

    def entries(self, mapping: Mapping, path: str = "") -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key, value in mapping.entries:
            if isinstance(key, Scalar) and key.is_plain and key.text == "<<":
                self._merge(merged, found, Entry(key, value), path)
            else:
                self._add(found, key, value, path)
        return merged | found

    def _add(self, found: dict[str, Entry], key: Node, value: Node, path: str) -> None:
        name = self._text_of(key) if isinstance(key, Scalar) else None
        if not isinstance(key, Scalar) or name is None:
            self._report.error(
                Place(key.line, key.column, path), "key_not_text", "has a key that is not text", "put the key in quotes"
            )
            return
        if name in found:
            first = found[name].key
            place = Place(key.line, key.column, join(path, name))
            message = f"is written twice, first at {first.line}:{first.column}"
            self._report.error(place, "duplicate_key", message, "remove one of the two")
            return
        found[name] = Entry(key, value)

    def _merge(self, merged: dict[str, Entry], before: dict[str, Entry], entry: Entry, path: str) -> None:
        for source in _sources(entry.value):
            if not isinstance(source, Mapping):
                place = Place(source.line, source.column, join(path, "<<"))
                self._report.error(place, "wrong_type", "must name a mapping, or a list of mappings")
                continue
            for name, inherited in self.entries(source, path).items():
                merged.setdefault(name, inherited)
                if name in before:
                    self._after(entry.key, name, path)

    def _after(self, key: Scalar, name: str, path: str) -> None:
        """YAML lets the mapping's own key win, kubectl whichever comes last; nobody should have to know."""
        place = Place(key.line, key.column, join(path, "<<"))
        self._report.error(place, "late_merge", f"would merge {quoted(name)} over a key above it", "move << to the top")


def _sources(node: Node) -> Iterator[Node]:
    return iter(node.items if isinstance(node, Sequence) else (node,))
