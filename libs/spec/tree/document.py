"""YAML (and so JSON) text as a tree with positions, built under limits straight from the parser's events.

The composing loaders are avoided: deep nesting crashes the C one, and aliases or merge keys make small texts explode.
"""

import yaml
from msgspec import Struct

from libs.spec.problems import Origin, Place, Problem, Report, quoted
from libs.spec.tree.nodes import Mapping, Node, Scalar, Sequence
from libs.spec.tree.text import Unreadable, readable, syntax_error

_CORE_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({None, "!", _CORE_TAG + "str", _CORE_TAG + "map", _CORE_TAG + "seq"})
_CHARACTERS_PER_NODE = 64
_Content = yaml.ScalarEvent | yaml.CollectionStartEvent


class Limits(Struct, frozen=True):
    bytes: int
    nodes: int
    """Counted as expanded: what an alias names counts as often as it is used; a long text counts as several."""
    scalar: int
    documents: int
    depth: int = 64
    aliases: int = 100


class _Measured(Struct, frozen=True):
    """A node with what it costs wherever it is used."""

    node: Node
    size: int
    depth: int = 0


class _Open(Struct):
    """A sequence or mapping whose end has not come yet."""

    start: yaml.CollectionStartEvent
    children: list[Node]
    size: int = 1
    depth: int = 0


class Read(Struct, frozen=True):
    """The documents of a text; where it cannot be read to its end, none, and the one problem that stopped it."""

    documents: tuple[Node, ...] = ()
    problems: tuple[Problem, ...] = ()
    size: int = 0
    """What was spent of `Limits.nodes`."""


def read(content: str | bytes, limits: Limits, origin: Origin | None = None) -> Read:
    origin = origin or Origin()
    try:
        return _read(readable(content, limits.bytes), limits, origin)
    except Unreadable as stop:
        report = Report(origin)
        place = Place(*origin.moved(stop.line, stop.column)) if stop.line or origin.path else Place()
        report.error(place, stop.code, stop.message, stop.hint)
        return Read(problems=report.problems())


def _read(text: str, limits: Limits, origin: Origin) -> Read:
    builder = _Builder(limits, origin)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise syntax_error(error, text) from error
    return Read(tuple(builder.documents), (), builder.size)


class _Builder:
    """Turns events into nodes, from the leaves up, and refuses before anything can grow."""

    def __init__(self, limits: Limits, origin: Origin) -> None:
        self.documents: list[Node] = []
        self._limits = limits
        self._origin = origin
        self._open: list[_Open] = []
        self._anchors: dict[str, _Measured | None] = {}
        self._aliases = 0
        self.size = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._begin(event)
                self._place(self._scalar(event), event.anchor)
            case yaml.CollectionStartEvent():
                self._begin(event)
                self._grow(event, 1)
                self._descend(event)
            case yaml.CollectionEndEvent():
                self._close()
            case yaml.AliasEvent():
                self._place(self._alias(event), None)
            case yaml.DocumentStartEvent():
                self._start(event)

    def _start(self, event: yaml.DocumentStartEvent) -> None:
        if event.version or event.tags:
            raise _refused(event, "directive", "holds a % directive", "remove the line that starts with %")
        if len(self.documents) == self._limits.documents:
            most = self._limits.documents
            message = "holds a second document" if most == 1 else f"holds more than {most} documents"
            raise _refused(event, "too_many_documents", message, "move what follows --- to a file of its own")
        self._anchors = {}

    def _begin(self, event: _Content) -> None:
        if event.tag not in _PLAIN_TAGS:
            shown = quoted(str(event.tag).replace(_CORE_TAG, "!!"))
            raise _refused(event, "tag", f"holds the tag {shown}", "remove the tag; quote what must be text")
        if event.anchor is not None:
            self._anchors[event.anchor] = None

    def _grow(self, event: yaml.Event, size: int) -> None:
        self.size += size
        if self.size > self._limits.nodes:
            most = self._limits.nodes
            raise _refused(event, "too_many_nodes", f"holds more than {most} values, aliases written out")

    def _scalar(self, event: yaml.ScalarEvent) -> _Measured:
        if len(event.value) > self._limits.scalar:
            raise _refused(event, "too_long", f"holds a text of more than {self._limits.scalar // 1024} KiB")
        line, column = self._origin.moved(*_position(event))
        plain = event.tag is None and not event.style
        size = 1 + len(event.value) // _CHARACTERS_PER_NODE
        self._grow(event, size)
        return _Measured(Scalar(line, column, event.value, plain, event.style == "|"), size)

    def _descend(self, event: yaml.CollectionStartEvent) -> None:
        self._check_depth(event, 1)
        self._open.append(_Open(event, []))

    def _check_depth(self, event: yaml.Event, depth: int) -> None:
        if len(self._open) + depth > self._limits.depth:
            raise _refused(event, "too_deep", f"is nested more than {self._limits.depth} levels deep")

    def _close(self) -> None:
        done = self._open.pop()
        line, column = self._origin.moved(*_position(done.start))
        node: Node
        if isinstance(done.start, yaml.SequenceStartEvent):
            node = Sequence(line, column, tuple(done.children))
        else:
            node = Mapping(line, column, tuple(zip(done.children[::2], done.children[1::2], strict=True)))
        self._place(_Measured(node, done.size, done.depth + 1), done.start.anchor)

    def _alias(self, event: yaml.AliasEvent) -> _Measured:
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            raise _refused(event, "too_many_aliases", f"holds more than {self._limits.aliases} aliases")
        shown = quoted(f"*{event.anchor}")
        if event.anchor not in self._anchors:
            raise _refused(event, "unknown_alias", f"{shown} has no anchor before it", "define it above with &")
        target = self._anchors[event.anchor]
        if target is None:
            raise _refused(event, "alias_cycle", f"{shown} stands inside what it names", "write the value out")
        self._check_depth(event, target.depth)
        self._grow(event, target.size)
        return target

    def _place(self, measured: _Measured, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = measured
        if not self._open:
            self.documents.append(measured.node)
            return
        parent = self._open[-1]
        parent.children.append(measured.node)
        parent.size += measured.size
        parent.depth = max(parent.depth, measured.depth)


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _refused(event: yaml.Event, code: str, message: str, hint: str = "") -> Unreadable:
    return Unreadable(*_position(event), code, message, hint)
