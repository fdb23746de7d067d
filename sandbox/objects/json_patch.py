"""What does a JSON patch (RFC 6902) make of an object? A failed `test` or a missing path refuses the whole patch."""

from typing import Any

import msgspec

from sandbox.objects.json import Object
from sandbox.objects.refusals import Refused, bad_request, patch_failed

MOST_OPERATIONS = 10_000


class Operation(msgspec.Struct, frozen=True):
    op: str
    path: str
    value: Any = None
    source: str = msgspec.field(name="from", default="")


def parse(body: bytes) -> list[Operation]:
    try:
        operations = msgspec.json.decode(body, type=list[Operation])
    except msgspec.MsgspecError as error:
        raise bad_request(f"error decoding patch: {error}") from error
    if len(operations) > MOST_OPERATIONS:
        limit = f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(operations)}"
        raise Refused(413, "RequestEntityTooLarge", limit)
    return operations


def patched(document: Object, operations: list[Operation]) -> Object:
    """The patched object; `document` must be the caller's own copy, as it is changed in place."""
    root: Any = document
    for operation in operations:
        root = _apply(root, operation)
    if not isinstance(root, dict):
        raise patch_failed()
    return root


def _apply(root: Any, operation: Operation) -> Any:
    path = _tokens(operation.path)
    match operation.op:
        case "test":
            _check(root, path, operation.value)
            return root
        case "add":
            return _add(root, path, operation.value)
        case "remove":
            return _remove(root, path)
        case "replace":
            return _replace(root, path, operation.value)
        case "copy":
            return _add(root, path, _copy(_read(root, _tokens(operation.source))))
        case "move":
            source = _tokens(operation.source)
            value = _read(root, source)
            return _add(_remove(root, source), path, value)
        case _:
            raise patch_failed()


def _tokens(pointer: str) -> list[str]:
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise patch_failed()
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]


def _copy(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _check(root: Any, path: list[str], expected: Any) -> None:
    parent = _read(root, path[:-1]) if path else root
    # A missing field equals null, as it does for the real server; what would hold it must be there.
    is_missing = bool(path) and isinstance(parent, dict) and path[-1] not in parent
    found = None if is_missing else _read(root, path)
    if not _same(found, expected):
        raise patch_failed()


def _same(one: Any, other: Any) -> bool:
    """JSON equality: Python holds True and 1 to be equal, JSON does not."""
    return bool(one == other) and msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")


def _read(root: Any, path: list[str]) -> Any:
    value = root
    for token in path:
        value = _child(value, token)
    return value


def _child(parent: Any, token: str) -> Any:
    if isinstance(parent, dict) and token in parent:
        return parent[token]
    if isinstance(parent, list):
        return parent[_index(token, len(parent) - 1)]
    raise patch_failed()


def _index(token: str, highest: int) -> int:
    if not token.isascii() or not token.isdigit() or len(token) > 9 or int(token) > highest:
        raise patch_failed()
    return int(token)


def _add(root: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, token = _read(root, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if token == "-" else _index(token, len(parent)), value)
    else:
        raise patch_failed()
    return root


def _replace(root: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, token = _read(root, path[:-1]), path[-1]
    if isinstance(parent, list):
        parent[_index(token, len(parent) - 1)] = value
    elif isinstance(parent, dict):
        # A field that is missing is added: the real server does not mind.
        parent[token] = value
    else:
        raise patch_failed()
    return root


def _remove(root: Any, path: list[str]) -> Any:
    if not path:
        raise patch_failed()
    parent, token = _read(root, path[:-1]), path[-1]
    _child(parent, token)
    del parent[_index(token, len(parent) - 1) if isinstance(parent, list) else token]
    return root
