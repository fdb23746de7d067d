"""What does server-side apply make of a live object: the merged object with its owners, or the conflicts that
forbid it?
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from sandbox.objects.fields import FieldSet, Path, element, leaves, readable
from sandbox.objects.json import Object, stamp, table
from sandbox.objects.kinds import Kind
from sandbox.objects.ownership import APPLY, UPDATE, Author, Share, shares_of
from sandbox.objects.refusals import Cause
from sandbox.objects.schema import ListRule, Names, Rules, rules_for


class Wish(Struct, frozen=True):
    """Everything that an author wants of an object; with `force`, whoever owns it now."""

    author: Author
    value: Object
    force: bool = False


class Applied(Struct, frozen=True):
    value: Object
    shares: list[Share]


class Conflicts(Struct, frozen=True):
    message: str
    causes: list[Cause]


def apply(kind: Kind, live: Object, wish: Wish, now: datetime) -> Applied | Conflicts:
    """Merge what the author wants into the live object, taking away what it wanted before and no longer does."""
    rules, wanted, author = rules_for(kind), wish.value, wish.author
    merged = merge(live, wanted, (), rules)
    named = frozenset(leaves(wanted, rules))
    changed = _changed(leaves(live, rules), leaves(merged, rules))
    shares = shares_of(live) or _unrecorded(kind, live, rules)
    others = [share for share in shares if share.author != author]
    disputed = [(share, path) for share in others for path in sorted(share.fields & named & changed)]
    if disputed and not wish.force:
        return Conflicts(_told(disputed), [_cause(share, path) for share, path in disputed])
    kept = [replace(share, fields=share.fields - (named & changed)) for share in others]
    before = frozenset[Path]().union(*(share.fields for share in shares if share.author == author))
    doomed = before - named - frozenset[Path]().union(*(share.fields for share in kept))
    pruned = prune(merged, doomed, frozenset[Path]().union(named, *(share.fields for share in kept)), rules)
    remaining = frozenset(leaves(pruned, rules))
    own = Share(author, kind.api_version, _time_of(shares, author, named, now), named)
    return Applied(
        pruned, [*(replace(share, fields=share.fields & remaining | _parents(share)) for share in kept), own]
    )


def _unrecorded(kind: Kind, live: Object, rules: Rules) -> list[Share]:
    """Who wrote an object whose record of owners was wiped out is not known any more."""
    fields = frozenset(leaves(live, rules)) if live.get("metadata") else frozenset[Path]()
    return [Share(Author(name="before-first-apply"), kind.api_version, "", fields)] if fields else []


def _parents(share: Share) -> FieldSet:
    """Owned paths that are no leaves (`.` of a mapping) stay with their owner while it owns something below them."""
    below = {path[:length] for path in share.fields for length in range(1, len(path))}
    return share.fields & below


def _time_of(shares: list[Share], author: Author, named: FieldSet, now: datetime) -> str:
    """An apply that claims just what it claimed before keeps its instant: a repeat must change nothing."""
    same = (share.at for share in shares if share.author == author and share.fields == named)
    return next(same, stamp(now))


def _changed(before: dict[Path, Any], after: dict[Path, Any]) -> FieldSet:
    missing = object()
    return frozenset(path for path, value in after.items() if before.get(path, missing) != value)


def _cause(share: Share, path: Path) -> Cause:
    message = f"conflict with {_owner(share)}"
    return {"reason": "FieldManagerConflict", "message": message, "field": readable(path)}


def _owner(share: Share) -> str:
    told = f'"{share.author.name}"'
    if share.author.subresource:
        told = f'{told} with subresource "{share.author.subresource}"'
    return f"{told} using {share.api_version}" if share.author.operation == UPDATE else told


def _told(disputed: list[tuple[Share, Path]]) -> str:
    if len(disputed) == 1:
        [(share, path)] = disputed
        return f"Apply failed with 1 conflict: conflict with {_owner(share)}: {readable(path)}"
    owners = sorted({_owner(share) for share, _ in disputed})
    lines = [line for owner in owners for line in _lines(owner, disputed)]
    return f"Apply failed with {len(disputed)} conflicts: " + "\n".join(lines)


def _lines(owner: str, disputed: list[tuple[Share, Path]]) -> list[str]:
    paths = [readable(path) for share, path in disputed if _owner(share) == owner]
    return [f"conflicts with {owner}:", *(f"- {path}" for path in paths)]


def merge(live: Any, wanted: Any, names: Names, rules: Rules) -> Any:
    """What is wanted, laid over what is there: mappings field by field, keyed lists item by item."""
    if isinstance(wanted, dict) and isinstance(live, dict) and names not in rules.atomic:
        changes = {name: merge(live.get(name), item, (*names, name), rules) for name, item in wanted.items()}
        return {**live, **{name: item for name, item in changes.items() if item is not None}}
    if isinstance(wanted, list) and isinstance(live, list) and (rule := rules.lists.get(names)) is not None:
        return _merge_items(live, wanted, names, rules, rule)
    return wanted


def _merge_items(live: list[Any], wanted: list[Any], names: Names, rules: Rules, rule: ListRule) -> list[Any]:
    """Items keep the order they are wanted in; those that only live has stay behind their neighbour."""
    present = {element(item, rule): item for item in live}
    result = {element(item, rule): merge(present.get(element(item, rule)), item, names, rules) for item in wanted}
    order = list(result)
    place = 0
    for key in present:
        if key in result:
            place = order.index(key) + 1
        else:
            order.insert(place, key)
            place += 1
    return [result[key] if key in result else present[key] for key in order]


def prune(value: Object, doomed: FieldSet, owned: FieldSet, rules: Rules) -> Object:
    """Without the doomed paths, whole items first; what is emptied goes too, and an item that stays keeps its key."""
    for path in sorted(doomed, key=lambda path: (len(path), path)):
        if not any(other[: len(path)] == path for other in owned):
            value = _Removal(path, owned, rules).of(value, 0, ())
    return value


class _Removal(Struct, frozen=True):
    """Taking one path out of an object."""

    path: Path
    owned: FieldSet
    rules: Rules

    def of(self, value: Any, depth: int, names: Names) -> Any:
        if isinstance(value, list):
            return self._of_items(value, depth, names)
        name = self.path[depth].removeprefix("f:")
        if not isinstance(value, dict) or name not in value:
            return value
        others = {other: item for other, item in value.items() if other != name}
        if depth + 1 == len(self.path):
            return others
        inner = self.of(value[name], depth + 1, (*names, name))
        is_emptied = not inner and value[name] and self.path[: depth + 1] not in self.owned
        return others if is_emptied else {**value, name: inner}

    def _of_items(self, value: list[Any], depth: int, names: Names) -> list[Any]:
        rule = self.rules.lists.get(names)
        left = self.path[depth + 1 :]
        if rule is None or (len(left) == 1 and left[0].removeprefix("f:") in rule.keys):
            return value
        if not left:
            return [item for item in value if element(item, rule) != self.path[depth]]
        return [self.of(item, depth + 1, names) if element(item, rule) == self.path[depth] else item for item in value]


def stripped(wanted: Object) -> Object:
    """What somebody may want: not the fields that only the server writes."""
    kept = {"name", "namespace", "labels", "annotations", "finalizers", "ownerReferences", "generateName"}
    metadata = {name: item for name, item in table(wanted, "metadata").items() if name in kept}
    return {**wanted, "metadata": metadata}


def applier(name: str, subresource: str = "") -> Author:
    return Author(name=name, operation=APPLY, subresource=subresource)
