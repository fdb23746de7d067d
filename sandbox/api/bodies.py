"""Can the body of a request be read, and is it the object that its path speaks of?"""

import re
from typing import Any

import msgspec
import yaml

from sandbox.api.call import Call
from sandbox.api.wire import JSON, Request
from sandbox.fields import protobuf
from sandbox.objects.json import Object, placed, table, text
from sandbox.objects.kinds import Kind
from sandbox.objects.refusals import bad_request, wrong_media_type

YAML = "application/yaml"
DEEPEST = 64


def decoded(request: Request) -> Object:
    """The body as a mapping; YAML is read where JSON does not do."""
    if request.content_type == protobuf.MEDIA_TYPE:
        return protobuf.decoded(request.body)
    if request.content_type not in {JSON, YAML, "application/apply-patch+yaml", "*/*"}:
        raise wrong_media_type(request.content_type, f"{JSON}, {YAML}, {protobuf.MEDIA_TYPE}")
    return parsed(request.body)


def parsed(body: bytes) -> Object:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        value = _yaml(body)
    except RecursionError as error:
        raise bad_request("the body is nested too deeply") from error
    if not isinstance(value, dict):
        raise bad_request("the body of the request must be an object")
    return value


def _yaml(body: bytes) -> Any:
    """Without aliases, which can grow a small text without bound."""
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(body, Loader=yaml.CSafeLoader)):
            raise bad_request("the body is not valid: YAML aliases are not supported")
        value = yaml.load(body, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise bad_request(f"the body of the request is neither JSON nor YAML: {error}") from error
    return value


class _Loader(yaml.CSafeLoader):
    """Plain values only: dates stay text, as they do in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def checked(call: Call, value: Object) -> Object:
    """The object, with the names that its path gives it; a body that says otherwise is refused."""
    _check_kind(call.kind, value)
    metadata = table(value, "metadata")
    name, namespace = text(metadata, "name"), text(metadata, "namespace")
    if call.name and name and name != call.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.name})")
    if namespace and namespace != call.namespace:
        message = "the namespace of the provided object does not match the namespace sent on the request"
        raise bad_request(message)
    value = {**value, "apiVersion": call.kind.api_version, "kind": call.kind.name, "metadata": dict(metadata)}
    if call.name:
        value = placed(value, ("metadata", "name"), call.name)
    return placed(value, ("metadata", "namespace"), call.namespace or None)


def _check_kind(kind: Kind, value: Object) -> None:
    given = (value.get("apiVersion") or kind.api_version, value.get("kind") or kind.name)
    if given != (kind.api_version, kind.name):
        told = f"{given[0]}, Kind={given[1]}"
        raise bad_request(f"the object provided is unrecognized (must be of type {kind.name}): {told}")
    if not isinstance(value.get("metadata", {}), dict):
        raise bad_request(f"{kind.name}: metadata must be an object")
    if any(name in value and not isinstance(value[name], dict) for name in ("spec", "status") if not kind.is_custom):
        raise bad_request(
            f'{kind.name} in version "{kind.version}" cannot be handled as a {kind.name}: spec is no object'
        )


_SECONDS = re.compile(r"\d{1,9}")


def whole_number(told: Any, name: str) -> int | None:
    if told is None:
        return None
    if isinstance(told, int) and not isinstance(told, bool):
        return told
    if isinstance(told, str) and _SECONDS.fullmatch(told):
        return int(told)
    raise bad_request(f"{name}: must be a number")
