"""One request of a case, in words that hold on both sides: `$NS` is the case's namespace, and `@2:metadata.uid` what
the answer to the third request held there.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

Object = dict[str, Any]
JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
_TAKEN = re.compile(r"@(\d+):([\w.]+)")


class Step(Struct, frozen=True, kw_only=True):
    method: str
    path: str
    body: Any = None
    """Bytes go as they are."""
    media: str = JSON
    accept: str = ""
    until: Callable[[Object], bool] | None = None
    """Ask again until this holds of the answer: what controllers do takes them a moment."""
    versions: bool = False
    """Compare as well whether the object's version is another than at the last answer that told it."""


class Answer(Struct, frozen=True):
    code: int
    body: Any
    """An object, a list of frames where it was a watch, or text."""
    warning: str = ""


def get(path: str, **options: Any) -> Step:
    return Step(method="GET", path=path, **options)


def watch(path: str) -> Step:
    """For a second; what came in it."""
    return get(f"{path}{'&' if '?' in path else '?'}watch=true&timeoutSeconds=1")


def post(path: str, body: Any, **options: Any) -> Step:
    return Step(method="POST", path=path, body=body, **options)


def put(path: str, body: Any, **options: Any) -> Step:
    return Step(method="PUT", path=path, body=body, **options)


def patch(media: str, path: str, body: Any, **options: Any) -> Step:
    return Step(method="PATCH", path=path, body=body, media=media, **options)


def apply(path: str, body: Any, manager: str, more: str = "", **options: Any) -> Step:
    place = f"{path}/{body['metadata']['name']}?fieldManager={manager}{more}"
    return patch(APPLY, place, body, **options)


def delete(path: str, body: Any = None, **options: Any) -> Step:
    return Step(method="DELETE", path=path, body=body, **options)


def filled(text: str, namespace: str, answers: list[Answer]) -> str:
    def taken(found: re.Match[str]) -> str:
        value = answers[int(found[1])].body
        for name in found[2].split("."):
            value = value[int(name) if isinstance(value, list) else name]
        return str(value)

    return _TAKEN.sub(taken, text.replace("$NS", namespace))


def encoded(step: Step, namespace: str, answers: list[Answer]) -> bytes:
    if step.body is None:
        return b""
    raw = step.body if isinstance(step.body, bytes) else msgspec.json.encode(step.body)
    return filled(raw.decode(), namespace, answers).encode()
