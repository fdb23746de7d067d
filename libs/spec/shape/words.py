"""The words for types and values that the author of a YAML file knows: text, number, true/false, list, mapping."""

from libs.spec.problems import quoted
from libs.spec.shape.shape import Choice, Flag, ListOf, MapOf, Number, Record, Shape, Text, Whole
from libs.spec.tree.nodes import Mapping, Node, Sequence
from libs.spec.tree.scalars import strict_value

_KINDS = {Flag: "true or false", Number: "a number", ListOf: "a list", MapOf: "a mapping", Record: "a mapping"}


def wanted(shape: Shape) -> str:
    match shape:
        case Text():
            return shape.means
        case Whole():
            return f"a whole number, {shape.least} to {shape.most}"
        case Choice():
            return one_of(shape.words)
        case Record(shorthand=key) if key:
            return wanted(shape.fields[key])
    return next((words for kind, words in _KINDS.items() if isinstance(shape, kind)), "text")


def found(node: Node) -> str:
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    value = strict_value(node)
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    kind = "true/false value" if isinstance(value, bool) else "number"
    return "nothing" if value is None else f"the {kind} {quoted(node.text)[1:-1]}"


def one_of(words: tuple[str, ...]) -> str:
    *some, last = words
    return f"{', '.join(some)} or {last}" if some else last
