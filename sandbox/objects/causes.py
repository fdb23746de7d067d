"""How is one problem of an object told? The field, the reason, and the sentence that the real server would write."""

from typing import Any

import msgspec

from sandbox.objects.refusals import Cause


def required(field: str, detail: str = "") -> Cause:
    message = f"Required value: {detail}" if detail else "Required value"
    return {"reason": "FieldValueRequired", "message": message, "field": field}


def bad_value(field: str, value: Any, detail: str) -> Cause:
    told = msgspec.json.encode(value).decode()
    return {"reason": "FieldValueInvalid", "message": f"Invalid value: {told}: {detail}", "field": field}


def unsupported(field: str, value: Any, allowed: tuple[str, ...]) -> Cause:
    told = ", ".join(f'"{item}"' for item in allowed)
    message = f"Unsupported value: {msgspec.json.encode(value).decode()}: supported values: {told}"
    return {"reason": "FieldValueNotSupported", "message": message, "field": field}


def duplicate(field: str, value: Any) -> Cause:
    told = msgspec.json.encode(value).decode()
    return {"reason": "FieldValueDuplicate", "message": f"Duplicate value: {told}", "field": field}


def not_found(field: str, value: Any) -> Cause:
    told = msgspec.json.encode(value).decode()
    return {"reason": "FieldValueNotFound", "message": f"Not found: {told}", "field": field}


def forbidden(field: str, detail: str) -> Cause:
    return {"reason": "FieldValueForbidden", "message": f"Forbidden: {detail}", "field": field}
