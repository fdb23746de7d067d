"""Does an object fit its kind's fields? Unknown ones are refused, warned of or dropped, as the request asks."""

from typing import Any

from sandbox.api.call import Call
from sandbox.api.options import invalid_option
from sandbox.api.wire import Request
from sandbox.fields.lean import lean
from sandbox.fields.strict import Finding, Unknown, WrongType, findings, metadata_findings
from sandbox.fields.table import struct_of
from sandbox.objects.definitions import unknown_fields
from sandbox.objects.json import Object, text
from sandbox.objects.kinds import Kind
from sandbox.objects.refusals import Refused, bad_request

MODES = ("Strict", "Warn", "Ignore")


def admitted(call: Call, request: Request, value: Object) -> tuple[Object, list[str]]:
    """The object without unknown fields, and what to warn of."""
    kind = call.kind
    mode = request.query.get("fieldValidation") or "Warn"
    if mode not in MODES:
        message = f'Unsupported value: "{mode}": supported values: "", "Ignore", "Strict", "Warn"'
        raise invalid_option(request, "fieldValidation", "FieldValueNotSupported", message)
    found = _findings(call, value)
    for finding in found:
        if isinstance(finding, WrongType):
            raise bad_request(f"{_told(kind)}: json: cannot unmarshal {finding.given} into {_field(finding)}")
    unknown = [f'unknown field "{finding.path}"' for finding in found if isinstance(finding, Unknown)]
    if unknown and mode == "Strict" and request.method == "PATCH":
        # The whole patched object is told to be an invalid patch.
        cause = {"reason": "FieldValueInvalid", "message": f"Invalid value: {', '.join(unknown)}", "field": "patch"}
        raise Refused(422, "Invalid", f"patch: strict decoding error: {', '.join(unknown)}", causes=[cause])
    if unknown and mode == "Strict":
        raise bad_request(f"{_told(kind)}: strict decoding error: {', '.join(unknown)}")
    for finding in found:
        value = _without(value, finding.path)
    if struct := struct_of(kind):
        value = lean(struct, value)
    return value, unknown if mode == "Warn" else []


def check_applied(call: Call, wanted: Object) -> None:
    """Server-side apply answers unknown fields with 500, whatever is asked: that is how the real server does it."""
    kind, found = call.kind, _findings(call, wanted)
    if found:
        name, namespace = text(wanted, "metadata", "name"), text(wanted, "metadata", "namespace")
        place = f"{namespace}/{name}; {kind.api_version}, Kind={kind.name}"
        reasons = "\n".join(_reason(finding) for finding in found)
        raise Refused(500, "", f"failed to create typed patch object ({place}): {reasons}")


def _findings(call: Call, value: Object) -> list[Finding]:
    if struct := struct_of(call.kind):
        return findings(struct, value)
    schema = call.served.schema
    unknown = [Unknown(path) for path in unknown_fields(schema, value)] if schema else []
    return [*metadata_findings(value), *unknown]


def _told(kind: Kind) -> str:
    return f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}'


def _field(finding: WrongType) -> str:
    return f"Go struct field .{finding.path} of type {finding.wanted}"


def _reason(finding: Finding) -> str:
    match finding:
        case Unknown(path):
            return f".{path}: field not declared in schema"
        case WrongType(path, given, wanted):
            return f".{path}: expected {wanted}, got {given}"


def _without(value: Any, path: str) -> Any:
    """A copy without the field at a path like `spec.containers[0].bogus`."""
    head, _, rest = path.partition(".")
    name, _, place = head.removesuffix("]").partition("[")
    # A key of a mapping may hold dots itself; unknown fields never lie below such a key.
    if not isinstance(value, dict) or name not in value:
        return value
    if not rest:
        return {other: item for other, item in value.items() if other != name}
    if not place:
        return {**value, name: _without(value[name], rest)}
    items = [_without(item, rest) if at == int(place) else item for at, item in enumerate(value[name])]
    return {**value, name: items}
