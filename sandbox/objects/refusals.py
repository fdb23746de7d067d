"""How does the API say no? Each refusal is an exception that carries the Status body which a real server would send."""

from typing import Any

from sandbox.objects.json import Object
from sandbox.objects.kinds import Kind

Cause = dict[str, str]


class Refused(Exception):
    """The API server does not do what was asked."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = {name: value for name, value in details.items() if value not in ("", None, [])}

    def status(self) -> Object:
        told = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }
        return {name: item for name, item in told.items() if item not in ({}, "") or name == "metadata"}


def not_found(kind: Kind, name: str) -> Refused:
    return Refused(
        404, "NotFound", f'{kind.resource} "{name}" not found', name=name, group=kind.group, kind=kind.plural
    )


def no_such_path() -> Refused:
    return Refused(404, "NotFound", "the server could not find the requested resource")


def already_exists(kind: Kind, name: str, *, is_dying: bool = False) -> Refused:
    message = f'{"object is being deleted: " if is_dying else ""}{kind.resource} "{name}" already exists'
    return Refused(409, "AlreadyExists", message, name=name, group=kind.group, kind=kind.plural)


def conflict(kind: Kind, name: str, why: str) -> Refused:
    message = f'Operation cannot be fulfilled on {kind.resource} "{name}": {why}'
    return Refused(409, "Conflict", message, name=name, group=kind.group, kind=kind.plural)


def unmet(kind: Kind, name: str, why: str) -> Refused:
    """A deletion that was meant for another object, or another version of it."""
    message = f'Operation cannot be fulfilled on {_whole_name(kind)} "{name}": {why}'
    return Refused(409, "Conflict", message, name=name, group=kind.group, kind=kind.name)


def _whole_name(kind: Kind) -> str:
    return f"{kind.name}.{kind.group}" if kind.group else kind.name


def modified(kind: Kind, name: str) -> Refused:
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(kind, name, why)


def apply_conflict(message: str, causes: list[Cause]) -> Refused:
    return Refused(409, "Conflict", message, causes=causes)


def invalid(kind: Kind, name: str, causes: list[Cause]) -> Refused:
    told = [f"{cause['field']}: {cause['message']}" for cause in causes]
    text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
    message = f'{_whole_name(kind)} "{name}" is invalid: {text}'
    return Refused(422, "Invalid", message, name=name, group=kind.group, kind=kind.name, causes=causes)


def patch_failed() -> Refused:
    """A JSON patch whose `test` does not hold, or whose path does not exist. The real server does not say which."""
    return Refused(422, "Invalid", "the server rejected our request due to an error in our request")


def bad_request(message: str) -> Refused:
    return Refused(400, "BadRequest", message)


def forbidden(kind: Kind, name: str, why: str) -> Refused:
    message = f'{kind.resource} "{name}" is forbidden: {why}'
    return Refused(403, "Forbidden", message, name=name, group=kind.group, kind=kind.plural)


def expired(message: str) -> Refused:
    return Refused(410, "Expired", message)


def wrong_media_type(given: str, accepted: str) -> Refused:
    message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    return Refused(415, "UnsupportedMediaType", f"{message}; it was sent as {given}")


def not_acceptable(accepted: str) -> Refused:
    told = f"only the following media types are accepted: {accepted}"
    return Refused(406, "NotAcceptable", told)


def too_large(limit: int) -> Refused:
    return Refused(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def wrong_method() -> Refused:
    return Refused(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
