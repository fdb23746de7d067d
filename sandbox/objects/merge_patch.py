"""What does a merge patch make of an object? The plain one (RFC 7386) and Kubernetes' own, which merges lists by
key.
"""

from typing import Any

from sandbox.objects.json import Object
from sandbox.objects.refusals import Refused, bad_request
from sandbox.objects.schema import ListRule, Names, Rules

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
ORDER = "$setElementOrder/"
DELETE_VALUES = "$deleteFromPrimitiveList/"


def merged(document: Any, patch: Any) -> Any:
    """RFC 7386: mappings merge, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    base = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            base.pop(name, None)
        else:
            base[name] = merged(base.get(name), value)
    return base


def strategic(document: Object, patch: Object, rules: Rules) -> Object:
    """Kubernetes' strategic merge: keyed lists merge item by item and `$` directives delete, replace or order."""
    return _mapping(document, patch, (), rules)


def _mapping(base: Any, patch: Object, names: Names, rules: Rules) -> Object:
    content = {name: value for name, value in patch.items() if not name.startswith("$")}
    match patch.get(DIRECTIVE):
        case "replace":
            return content
        case "delete":
            return {}
        case None | "merge":
            pass
        case unknown:
            raise bad_request(f"Unknown patch type found: {unknown}")
    result = dict(base) if isinstance(base, dict) else {}
    _retain(result, patch)
    _delete_values(result, patch)
    for name, value in content.items():
        _field(result, name, value, (*names, name), rules)
    _order(result, patch, names, rules)
    return result


def _retain(result: Object, patch: Object) -> None:
    if isinstance(keep := patch.get(RETAIN), list):
        for name in result.keys() - set(keep):
            del result[name]


def _delete_values(result: Object, patch: Object) -> None:
    for directive, values in patch.items():
        if directive.startswith(DELETE_VALUES) and isinstance(values, list):
            name = directive.removeprefix(DELETE_VALUES)
            result[name] = [value for value in result.get(name) or [] if value not in values]


def _field(result: Object, name: str, value: Any, names: Names, rules: Rules) -> None:
    if value is None:
        result.pop(name, None)
    elif isinstance(value, dict):
        result[name] = _mapping(result.get(name), value, names, rules)
    elif isinstance(value, list) and (rule := rules.lists.get(names)) is not None:
        result[name] = _keyed(result.get(name), value, names, rules, rule)
    else:
        result[name] = value


def _keyed(base: Any, patch: list[Any], names: Names, rules: Rules, rule: ListRule) -> list[Any]:
    found = list(base) if isinstance(base, list) else []
    if not rule.keys:
        return found + [value for value in patch if value not in found]
    if {DIRECTIVE: "replace"} in patch:
        return [item for item in patch if item != {DIRECTIVE: "replace"}]
    before = list(found)
    for item in patch:
        _item(found, item, names, rules)
    return _interleaved(found, before, patch, merge_key(names, rules))


def _interleaved(found: list[Any], before: list[Any], patch: list[Any], key: str) -> list[Any]:
    """What the patch names stands in its order, the rest in its own; a new item stands before what it does not know."""
    places = {item.get(key): place for place, item in enumerate(before)}
    merged = {item.get(key): item for item in found}
    named = [merged[item[key]] for item in patch if item[key] in merged]
    rest = [item for item in found if all(item is not one for one in named)]
    result: list[Any] = []
    while named and rest:
        own, new = places[rest[0][key]], places.get(named[0][key], -1)
        result.append(rest.pop(0) if new >= 0 and own < new else named.pop(0))
    return [*result, *named, *rest]


def _item(found: list[Any], item: Any, names: Names, rules: Rules) -> None:
    key = merge_key(names, rules)
    if not isinstance(item, dict) or key not in item:
        raise Refused(500, "", f"map: {item} does not contain declared merge key: {key}")
    place = next((at for at, other in enumerate(found) if other.get(key) == item[key]), None)
    if item.get(DIRECTIVE) == "delete":
        if place is not None:
            del found[place]
    elif place is None:
        found.append(_mapping({}, item, names, rules))
    else:
        found[place] = _mapping(found[place], item, names, rules)


def merge_key(names: Names, rules: Rules) -> str:
    """A strategic patch knows one key for each list: the first of those that server-side apply goes by."""
    return rules.lists[names].keys[0]


def _order(result: Object, patch: Object, names: Names, rules: Rules) -> None:
    for directive, wanted in patch.items():
        name = directive.removeprefix(ORDER)
        if name != directive and isinstance(wanted, list) and isinstance(result.get(name), list):
            result[name] = _ordered(result[name], wanted, (*names, name), rules)


def _ordered(found: list[Any], wanted: list[Any], names: Names, rules: Rules) -> list[Any]:
    rule = rules.lists.get(names)
    if rule is None or not rule.keys:
        return sorted(found, key=lambda item: wanted.index(item) if item in wanted else len(wanted))
    key = merge_key(names, rules)
    places = {str(item.get(key)): place for place, item in enumerate(wanted) if isinstance(item, dict)}
    return sorted(found, key=lambda item: places.get(str(item.get(key)), len(places)))
