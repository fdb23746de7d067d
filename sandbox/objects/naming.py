"""Which names may objects, labels, annotations and finalizers have?"""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.objects.causes import bad_value, required
from sandbox.objects.json import Object, items, table, text
from sandbox.objects.kinds import Kind
from sandbox.objects.refusals import Cause

LONGEST = 253
_LABEL_FORM = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DOMAIN_FORM = rf"{_LABEL_FORM}(\.{_LABEL_FORM})*"
_QUALIFIED_FORM = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE_FORM = rf"({_QUALIFIED_FORM})?"
LABEL_RULE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL_FORM}')"
)
_DOMAIN_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_DOMAIN_FORM}')"
)
_QUALIFIED_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'{_QUALIFIED_FORM}')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    f"'{_VALUE_FORM}')"
)
_LABEL, _DOMAIN = re.compile(_LABEL_FORM), re.compile(_DOMAIN_FORM)
_QUALIFIED, _VALUE = re.compile(_QUALIFIED_FORM), re.compile(_VALUE_FORM)
_PATH_SAFE = re.compile(r"[^/%]+")
_LONGEST_PART = 63
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def is_label(name: str) -> bool:
    return len(name) <= _LONGEST_PART and _LABEL.fullmatch(name) is not None


def problems_of_metadata(kind: Kind, value: Object) -> Iterator[Cause]:
    name = text(value, "metadata", "name")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    else:
        yield from _name(kind, name)
    for key, item in table(value, "metadata", "labels").items():
        yield from _qualified(key, "metadata.labels")
        yield from _label_value(item, "metadata.labels")
    for key, item in table(value, "metadata", "annotations").items():
        yield from _qualified(key.lower(), "metadata.annotations", key)
        if not isinstance(item, str):
            yield bad_value("metadata.annotations", {key: item}, "must be a string")
    for place, finalizer in enumerate(items(value, "metadata", "finalizers")):
        yield from _finalizer(str(finalizer), place)


def _name(kind: Kind, name: str) -> Iterator[Cause]:
    if kind.name == "Service" and not kind.is_custom:
        if not is_label(name):
            yield bad_value("metadata.name", name, "must not contain dots" if "." in name else LABEL_RULE)
    elif len(name) > LONGEST:
        yield bad_value("metadata.name", name, f"must be no more than {LONGEST} characters")
    elif not (_PATH_SAFE if kind.group.startswith("rbac.") else _DOMAIN).fullmatch(name):
        yield bad_value("metadata.name", name, _DOMAIN_RULE)


def _qualified(key: str, field: str, told: str = "") -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if slash and not _DOMAIN.fullmatch(prefix):
        yield bad_value(field, told or key, f"prefix part {_DOMAIN_RULE}")
    if len(name) > _LONGEST_PART:
        yield bad_value(field, told or key, f"name part must be no more than {_LONGEST_PART} characters")
    if not _QUALIFIED.fullmatch(name):
        yield bad_value(field, told or key, _QUALIFIED_RULE)


def _label_value(item: Any, field: str) -> Iterator[Cause]:
    if not isinstance(item, str):
        yield bad_value(field, item, "must be a string")
    elif len(item) > _LONGEST_PART:
        yield bad_value(field, item, f"must be no more than {_LONGEST_PART} characters")
    elif not _VALUE.fullmatch(item):
        yield bad_value(field, item, _VALUE_RULE)


def _finalizer(name: str, place: int) -> Iterator[Cause]:
    yield from _qualified(name, "metadata.finalizers")
    if "/" not in name and name not in _STANDARD_FINALIZERS:
        detail = "name is neither a standard finalizer name nor is it fully qualified"
        yield bad_value(f"metadata.finalizers[{place}]", name, detail)
