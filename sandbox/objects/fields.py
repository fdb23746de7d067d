"""Which fields does an object set, by path, in the API's own `fieldsV1` spelling, and who owns them?"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from sandbox.objects.json import Object
from sandbox.objects.schema import ListRule, Names, Rules

Path = tuple[str, ...]
FieldSet = frozenset[Path]
SETS = 1024
"""Sets of fields remembered in both spellings: the objects of one workload share theirs."""

# The server keeps these itself: nobody owns them.
UNOWNED = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                "name",
                "namespace",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "uid",
                "generation",
                "resourceVersion",
                "selfLink",
            )
        ),
    }
)
ITEM = object()


def leaves(value: Object, rules: Rules) -> dict[Path, Any]:
    """Every path that can be owned, with its value. An item of a keyed list is a path of its own, marked `ITEM`."""
    found = _walk(_without_own_record(value), (), (), rules)
    return {path: leaf for path, leaf in found if path not in UNOWNED}


def differing(one: Object, other: Object, rules: Rules) -> tuple[dict[Path, Any], dict[Path, Any]]:
    """The paths of both that an update may own, without those of equal parts: versions of one object share most of
    themselves. A mapping or a list that comes or goes is a path of its own, marked `ITEM`.
    """
    found: tuple[dict[Path, Any], dict[Path, Any]] = ({}, {})
    _compare(_without_own_record(one), _without_own_record(other), ((), ()), rules, found)
    for side in found:
        for path in UNOWNED & side.keys():
            del side[path]
    return found


def _compare(
    one: Object,
    other: Object,
    place: tuple[Path, Names],
    rules: Rules,
    found: tuple[dict[Path, Any], dict[Path, Any]],
) -> None:
    for name in {**one, **other}:
        own, new = one.get(name), other.get(name)
        if own is new or own == new:
            continue
        inner = ((*place[0], f"f:{name}"), (*place[1], name))
        if own and new and isinstance(own, dict) and isinstance(new, dict) and inner[1] not in rules.atomic:
            _compare(own, new, inner, rules, found)
        else:
            found[0].update(_contained(own, *inner, rules))
            found[1].update(_contained(new, *inner, rules))


def _contained(value: Any, path: Path, names: Names, rules: Rules) -> Iterator[tuple[Path, Any]]:
    """As `_walk`, with what holds the leaves: all but what is there in every object of the kind."""
    if isinstance(value, dict) and names not in rules.atomic:
        if names not in rules.constant:
            yield path, ITEM
        for name, item in value.items():
            yield from _contained(item, (*path, f"f:{name}"), (*names, name), rules)
    elif isinstance(value, list) and names in rules.lists:
        if names not in rules.constant:
            yield path, ITEM
        yield from _contained_items(value, path, names, rules)
    elif value is not None:
        yield path, value


def _contained_items(value: list[Any], path: Path, names: Names, rules: Rules) -> Iterator[tuple[Path, Any]]:
    rule = rules.lists[names]
    for item in value:
        place = (*path, element(item, rule))
        yield place, item if names in rules.atomic else ITEM
        if isinstance(item, dict) and names not in rules.atomic:
            for name, inner in item.items():
                yield from _contained(inner, (*place, f"f:{name}"), (*names, name), rules)


def _without_own_record(value: Object) -> Object:
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return value
    return {**value, "metadata": {name: item for name, item in metadata.items() if name != "managedFields"}}


def _walk(value: Any, path: Path, names: Names, rules: Rules) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value and names not in rules.atomic:
        for name, item in value.items():
            yield from _walk(item, (*path, f"f:{name}"), (*names, name), rules)
    elif isinstance(value, list) and names in rules.lists:
        yield from _walk_items(value, path, names, rules)
    elif value is not None:
        yield path, value


def _walk_items(value: list[Any], path: Path, names: Names, rules: Rules) -> Iterator[tuple[Path, Any]]:
    rule = rules.lists[names]
    for item in value:
        place = (*path, element(item, rule))
        yield place, item if names in rules.atomic else ITEM
        if isinstance(item, dict) and names not in rules.atomic:
            for name, inner in item.items():
                yield from _walk(inner, (*place, f"f:{name}"), (*names, name), rules)


def element(item: Any, rule: ListRule) -> str:
    """How `fieldsV1` names one item of a list."""
    if rule.keys and isinstance(item, dict):
        return f"k:{msgspec.json.encode(dict(sorted(rule.key_of(item).items()))).decode()}"
    return f"v:{msgspec.json.encode(item).decode()}"


@lru_cache(SETS)
def encoded(paths: FieldSet) -> Object:
    """The nested `fieldsV1` form; `.` marks a path owned itself besides what lies below it. Not to be changed."""
    tree: Object = {}
    for path in sorted(paths):
        node = tree
        for name in path:
            node = node.setdefault(name, {})
        node["."] = {}
    return _folded(tree)


def _folded(node: Object) -> Object:
    if node.keys() == {"."}:
        return {}
    return {name: _folded(inner) if name != "." else {} for name, inner in node.items()}


def decoded(fields: Object) -> FieldSet:
    return _decoded(msgspec.json.encode(fields))


@lru_cache(SETS)
def _decoded(fields: bytes) -> FieldSet:
    return frozenset(_unfolded(msgspec.json.decode(fields, type=Object), ()))


def _unfolded(node: Object, path: Path) -> Iterator[Path]:
    if path and (not node or "." in node):
        yield path
    for name, inner in node.items():
        if name != "." and isinstance(inner, dict):
            yield from _unfolded(inner, (*path, name))


def readable(path: Path) -> str:
    """The path as a person is told it: `.spec.template.spec.containers[name="web"].image`."""
    return "".join(_readable(name) for name in path)


def _readable(name: str) -> str:
    mark, rest = name[:2], name[2:]
    match mark:
        case "k:":
            keys = msgspec.json.decode(rest, type=dict[str, Any])
            return "[" + ",".join(f"{key}={msgspec.json.encode(value).decode()}" for key, value in keys.items()) + "]"
        case "v:":
            return f"[={rest}]"
        case _:
            return f".{rest}"
