"""Which fields of a live object did our own server-side apply set? Taken from `managedFields`, to apply them again."""

from typing import Any

import msgspec

from libs.workload.kinds.naming import FIELD_MANAGER
from libs.workload.kinds.objects import Object, at, items, table, text

_DEPTH = 64
"""Deeper than any schema; text that claims more is cut off there."""


def owned(live: Object) -> Object:
    """What we had applied, ready to be applied again; only the name where we had applied nothing.

    A selector that our patches have taken over from our apply belongs to it.
    """
    entry = _entry(live)
    found = _extract(live, table(entry, "fieldsV1"), _DEPTH) if entry else {}
    result = found if isinstance(found, dict) else {}
    names = {key: text(live, "metadata", key) for key in ("name", "namespace") if text(live, "metadata", key)}
    if entry and has_patched_selector(live):
        result = {**result, "spec": {**table(result, "spec"), "selector": at(live, "spec", "selector")}}
    return {
        **result,
        "apiVersion": text(entry, "apiVersion") or text(live, "apiVersion"),
        "kind": text(live, "kind"),
        "metadata": {**table(result, "metadata"), **names},
    }


def has_patched_selector(live: Object) -> bool:
    """Whether patches of ours own a Service's selector: a blue/green rollout has pointed it."""
    entries = (entry for entry in items(live, "metadata", "managedFields") if text(entry, "manager") == FIELD_MANAGER)
    return any(
        text(one, "operation") == "Update" and "f:selector" in table(one, "fieldsV1", "f:spec") for one in entries
    )


def is_bare(applied: Object) -> bool:
    """Whether nothing but the name is in it."""
    return set(applied) <= {"apiVersion", "kind", "metadata"} and set(applied["metadata"]) <= {"name", "namespace"}


def _entry(live: Object) -> Object:
    for entry in items(live, "metadata", "managedFields"):
        ours = text(entry, "manager") == FIELD_MANAGER and text(entry, "operation") == "Apply"
        if ours and not text(entry, "subresource"):
            return entry if isinstance(entry, dict) else {}
    return {}


def _extract(value: Any, fields: Object, depth: int) -> Any:
    """An empty set of fields is a leaf: the whole value is owned as one."""
    inner = {name: below for name, below in fields.items() if name != "."}
    if not inner or depth == 0:
        return value
    if isinstance(value, dict):
        return _members(value, inner, depth)
    if isinstance(value, list):
        return _elements(value, inner, depth)
    return value


def _members(value: Object, fields: Object, depth: int) -> Object:
    names = ((name.removeprefix("f:"), below) for name, below in fields.items() if name.startswith("f:"))
    return {name: _extract(value[name], table({"f": below}, "f"), depth - 1) for name, below in names if name in value}


def _elements(value: list[Any], fields: Object, depth: int) -> list[Any]:
    """Elements keep their live order; an element of a keyed list keeps its keys, which tell it from the others."""
    kept = []
    for position, element in enumerate(value):
        for name, below in fields.items():
            keys = _matching(name, position, element)
            if keys is None:
                continue
            extracted = _extract(element, table({"f": below}, "f"), depth - 1)
            kept.append({**keys, **extracted} if isinstance(extracted, dict) else extracted)
            break
    return kept


def _matching(name: str, position: int, element: Any) -> Object | None:
    """The keys by which a field set's entry means this element; None where it means another."""
    kind, _, rest = name.partition(":")
    try:
        meant = msgspec.json.decode(rest)
    except msgspec.DecodeError:
        return None
    if kind == "k" and isinstance(meant, dict) and isinstance(element, dict):
        return meant if all(element.get(key) == wanted for key, wanted in meant.items()) else None
    return {} if (kind == "v" and meant == element) or (kind == "i" and meant == position) else None
