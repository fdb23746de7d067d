"""What this agent will do at all, whatever the control plane asks: decided here, from local settings, by path alone."""

import re
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

FORBIDDEN_SUBRESOURCES = frozenset({"exec", "attach", "portforward", "proxy"})
"""They reach into pods and past the API: never, whatever is allowed besides."""

_METHODS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_OF_COLLECTION = {"GET": "list", "DELETE": "deletecollection"}
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*\Z")
_DISCOVERY = re.compile(r"/(version|api(/[^/]+)?|apis(/[^/]+){0,2}|openapi/v[23](/[^/]+)*)\Z")
_QUERY_MOST = 64
_TRUE = frozenset({"true", "1", ""})


class NotAllowed(Exception):
    """This agent's own settings forbid it."""


class Place(Struct, frozen=True):
    """What a path of the API names."""

    resource: str
    """`deployments.apps`, `pods`: the plural with its group."""
    namespace: str = ""
    name: str = ""
    subresource: str = ""


class AllowList(Struct, frozen=True):
    """`*` stands for all. A kind is a plural with its group, as in `deployments.apps` or `pods`."""

    namespaces: tuple[str, ...] = ("*",)
    kinds: tuple[str, ...] = ("*",)
    verbs: tuple[str, ...] = ("get", "list", "watch", "create", "update", "patch", "delete")
    hosts: tuple[str, ...] = ()
    """`host`, `host:port` or `*.domain`, which `call` may reach."""

    def check_request(self, method: str, path: str, is_watch: bool = False) -> None:
        """Raise `NotAllowed` unless this request to the cluster's API may be made."""
        plain, _, query = path.partition("?")
        if method == "GET" and not is_watch and _DISCOVERY.match(plain):
            _segments(plain)
            return
        place = parse_path(plain)
        if place.subresource in FORBIDDEN_SUBRESOURCES:
            raise NotAllowed(f"the subresource {place.subresource} is never passed on")
        verb = "watch" if is_watch else _verb(method, place)
        if _asks_to_watch(query) != is_watch:
            raise NotAllowed("a watch is asked for as a watch, and as nothing else")
        self._check(verb, place)

    def check_call(self, url: str) -> None:
        """Raise `NotAllowed` unless this address may be called."""
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
        except ValueError as error:
            raise NotAllowed(f"not an address: {error}") from error
        host = (parts.hostname or "").rstrip(".")
        if not port or not host or "@" in parts.netloc or re.search(r"[\s\\]", url):
            raise NotAllowed("only plain http and https addresses without a user are called")
        if not any(_matches(allowed, host, port) for allowed in self.hosts):
            raise NotAllowed(f"the host {host}:{port} is not among those this agent may call (FAIRLEAD_AGENT_HOSTS)")

    def _check(self, verb: str, place: Place) -> None:
        if not _among(self.verbs, verb):
            raise NotAllowed(f"{verb} is not among the verbs this agent may use (FAIRLEAD_AGENT_VERBS)")
        kind = place.resource if not place.subresource else f"{place.resource}/{place.subresource}"
        if not _among(self.kinds, place.resource) and kind not in self.kinds:
            raise NotAllowed(f"{kind} is not among the kinds this agent may touch (FAIRLEAD_AGENT_KINDS)")
        if not _among(self.namespaces, place.namespace):
            where = f"namespace {place.namespace}" if place.namespace else "the cluster as a whole"
            raise NotAllowed(f"{where} is not among the namespaces this agent may touch (FAIRLEAD_AGENT_NAMESPACES)")


def parse_path(path: str) -> Place:
    """What a path without its query names; `NotAllowed` where that cannot be told for certain."""
    match _segments(path):
        case ["api", version, *rest] if version == "v1":
            return _place("", rest)
        case ["apis", group, _, *rest] if rest:
            return _place(f".{group}", rest)
        case _:
            raise NotAllowed("only /api/v1/… and /apis/<group>/<version>/… are passed on")


def _segments(path: str) -> list[str]:
    """The path taken apart. What a server might read differently (escapes, dots, doubled slashes) is refused."""
    if not path.startswith("/"):
        raise NotAllowed("a path begins with a slash")
    segments = path[1:].split("/")
    if not all(_SEGMENT.match(segment) for segment in segments):
        raise NotAllowed("the path holds an empty, dotted or escaped segment")
    return segments


def _place(group: str, rest: list[str]) -> Place:
    match rest:
        case ["watch" | "proxy", *_]:
            raise NotAllowed("the legacy watch and proxy paths are not passed on")
        case ["namespaces", name]:
            return Place(f"namespaces{group}", namespace=name, name=name)
        case ["namespaces", name, ("finalize" | "status") as subresource]:
            return Place(f"namespaces{group}", name, name, subresource)
        case ["namespaces", namespace, resource, *named] if len(named) <= 2:
            return Place(f"{resource}{group}", namespace, *named)
        case [resource, *named] if len(named) <= 2 and resource != "namespaces":
            return Place(f"{resource}{group}", "", *named)
        case ["namespaces"]:
            return Place(f"namespaces{group}")
        case _:
            raise NotAllowed("the path is longer than that of any object")


def _verb(method: str, place: Place) -> str:
    if method not in _METHODS:
        raise NotAllowed(f"the method {method[:16]!r} is not passed on")
    return _METHODS[method] if place.name else _OF_COLLECTION.get(method, _METHODS[method])


def _asks_to_watch(query: str) -> bool:
    try:
        asked = parse_qs(query, keep_blank_values=True, max_num_fields=_QUERY_MOST)
    except ValueError as error:
        raise NotAllowed(f"a query of more than {_QUERY_MOST} fields is not passed on") from error
    return any(value.lower() in _TRUE for name in ("watch", "follow") for value in asked.get(name, ()))


def _among(allowed: tuple[str, ...], name: str) -> bool:
    return "*" in allowed or name in allowed


def _matches(allowed: str, host: str, port: int) -> bool:
    name, _, given_port = allowed.partition(":")
    if given_port and given_port != str(port):
        return False
    return name == "*" or name == host or (name.startswith("*.") and host.endswith(name[1:]))
