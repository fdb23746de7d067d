"""What a node says at a glance, before it is checked against a shape."""

from libs.spec.tree.nodes import Mapping, Node, Scalar, Sequence
from libs.spec.tree.scalars import strict_value


def is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and strict_value(node) is None


def is_braces(node: Node) -> bool:
    """`{{name}}` out of quotes: YAML reads a mapping whose key is a mapping."""
    return isinstance(node, Mapping) and any(isinstance(key, Mapping) for key, _ in node.entries)


def key_text(key: Scalar) -> str | None:
    value = strict_value(key)
    return value if isinstance(value, str) else None


def name_of(node: Node) -> str | None:
    """What an item's `name` says, before the item is checked."""
    entries = node.entries if isinstance(node, Mapping) else ()
    return next((word_of(value) for key, value in entries if isinstance(key, Scalar) and key.text == "name"), None)


def word_of(node: Node) -> str | None:
    return key_text(node) if isinstance(node, Scalar) else None


def joined(node: Node) -> Node:
    """A list of mappings as their sum."""
    if not isinstance(node, Sequence) or not all(isinstance(item, Mapping) for item in node.items):
        return node
    entries = (entry for item in node.items if isinstance(item, Mapping) for entry in item.entries)
    return Mapping(node.line, node.column, tuple(entries))


def hint_for_mapping(node: Node) -> str:
    return "remove the '- ' before its keys" if isinstance(node, Sequence) else "write its keys below it, indented"
