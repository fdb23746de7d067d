"""Does an object match a selector: of labels as a query writes it, of labels as a workload holds it, or of fields?"""

import re
from collections.abc import Callable

from sandbox.objects.json import Object, at, items, table
from sandbox.objects.refusals import bad_request

Matches = Callable[[Object], bool]
Labels = dict[str, str]

FIELDS = {
    "metadata.name": ("metadata", "name"),
    "metadata.namespace": ("metadata", "namespace"),
    "metadata.uid": ("metadata", "uid"),
    "spec.nodeName": ("spec", "nodeName"),
    "spec.unschedulable": ("spec", "unschedulable"),
    "status.phase": ("status", "phase"),
    "involvedObject.kind": ("involvedObject", "kind"),
    "involvedObject.name": ("involvedObject", "name"),
    "involvedObject.namespace": ("involvedObject", "namespace"),
    "involvedObject.uid": ("involvedObject", "uid"),
    "involvedObject.apiVersion": ("involvedObject", "apiVersion"),
    "involvedObject.resourceVersion": ("involvedObject", "resourceVersion"),
    "involvedObject.fieldPath": ("involvedObject", "fieldPath"),
    "source": ("source", "component"),
    "reportingComponent": ("reportingComponent",),
    "spec.restartPolicy": ("spec", "restartPolicy"),
    "spec.schedulerName": ("spec", "schedulerName"),
    "spec.serviceAccountName": ("spec", "serviceAccountName"),
    "status.podIP": ("status", "podIP"),
    "status.replicas": ("status", "replicas"),
    "reason": ("reason",),
    "type": ("type",),
}
_SET = re.compile(r"^(?P<key>[^\s!=,()]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^\s!=,()]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s!=,()]*)$")
_EXISTS = re.compile(r"^(?P<absent>!?)\s*(?P<key>[^\s!=,()]+)$")


def by_labels(selector: str) -> Matches:
    """`a=b,c!=d,e in (f,g),!h` as a predicate over objects."""
    terms = [_term(part) for part in _parts(selector)] if selector.strip() else []
    return lambda candidate: all(holds(labels_of(candidate)) for holds in terms)


def labels_of(candidate: Object) -> Labels:
    return table(candidate, "metadata", "labels")


def _parts(selector: str) -> list[str]:
    """Split at the commas that are not inside parentheses."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", selector)]


def _term(part: str) -> Callable[[Labels], bool]:
    if found := _SET.match(part):
        values = {value.strip() for value in found["values"].split(",")}
        return _within(found["key"], values, wanted=found["operator"] == "in")
    if found := _EQUAL.match(part):
        return _within(found["key"], {found["value"]}, wanted=found["operator"] != "!=")
    if found := _EXISTS.match(part):
        key, absent = found["key"], bool(found["absent"])
        return lambda labels: (key in labels) != absent
    raise bad_request(f'unable to parse requirement: "{part}" is no label selector')


def _within(key: str, values: set[str], *, wanted: bool) -> Callable[[Labels], bool]:
    return lambda labels: (labels.get(key) in values) == wanted


def by_workload(selector: Object, labels: Labels) -> bool:
    """A workload's own `spec.selector`. An empty one matches nothing here, so that no controller adopts everything."""
    exact = table(selector, "matchLabels")
    expressions = items(selector, "matchExpressions")
    if not exact and not expressions:
        return False
    return exact.items() <= labels.items() and all(_expression(term, labels) for term in expressions)


def _expression(term: Object, labels: Labels) -> bool:
    key, values = str(term.get("key")), set(term.get("values") or ())
    match term.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def by_fields(selector: str) -> Matches:
    terms = [_field(part) for part in selector.split(",") if part]
    return lambda candidate: all(holds(candidate) for holds in terms)


def _field(part: str) -> Matches:
    name, operator, value = re.split(r"(==|!=|=)", part, maxsplit=1) if "=" in part else (part, "", "")
    path = FIELDS.get(name.strip())
    if not operator or path is None:
        raise bad_request(f'Unable to find "{name}": field label not supported: {name}')
    return lambda candidate: (_shown(at(candidate, *path)) == value) == (operator != "!=")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
