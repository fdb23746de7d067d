"""What does a request ask for? Its path and query, as a verb on a kind, in a namespace, by name."""

from msgspec import Struct

from sandbox.api.options import invalid_option
from sandbox.api.wire import Request
from sandbox.discovery.groups import subresources_of, verbs_of
from sandbox.objects.kinds import NAMESPACE, Catalogue, Kind, Served
from sandbox.objects.refusals import no_such_path, not_found, wrong_method
from sandbox.state.store import Ref

_LONGEST_MANAGER = 128
_METHODS = {"create": "POST", "get": "GET", "update": "PUT", "patch": "PATCH"}
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


class Call(Struct, frozen=True):
    verb: str
    kind: Kind
    namespace: str
    name: str
    subresource: str
    served: Served = Served()

    @property
    def ref(self) -> Ref:
        return Ref(self.kind.resource, self.namespace, self.name)


def call_of(request: Request, catalogue: Catalogue) -> Call:
    group, version, rest = _split(request.path)
    namespace = ""
    if len(rest) >= 3 and rest[0] == NAMESPACE.plural and catalogue.find(group, version, rest[2]) is not None:
        namespace, rest = rest[1], rest[2:]
    if not 1 <= len(rest) <= 3:
        raise no_such_path()
    plural, name, subresource = (*rest, "", "")[:3]
    kind = catalogue.find(group, version, plural)
    if kind is None or bool(namespace) > kind.namespaced:
        raise no_such_path()
    if kind.namespaced and not namespace and name:
        raise no_such_path()
    if subresource and subresource not in subresources_of(kind):
        raise not_found(kind, name) if kind.is_custom else no_such_path()
    verb = _verb(request, name, subresource)
    if kind.namespaced and not namespace and verb not in {"list", "watch"}:
        raise wrong_method()
    return Call(verb, kind, namespace, name, subresource, catalogue.served(kind))


def _split(path: str) -> tuple[str, str, list[str]]:
    match [part for part in path.split("/") if part]:
        case ["api", version, *rest]:
            return "", version, rest
        case ["apis", group, version, *rest]:
            return group, version, rest
        case _:
            raise no_such_path()


def _verb(request: Request, name: str, subresource: str) -> str:
    """A watch is of a collection; of one object it is a plain reading."""
    if subresource:
        allowed = {_METHODS[verb] for verb in verbs_of(subresource)}
    else:
        allowed = {"GET", "PUT", "PATCH", "DELETE"} if name else {"GET", "POST", "DELETE"}
    if request.method not in allowed:
        raise wrong_method()
    match request.method:
        case "GET" if name:
            return "get"
        case "GET":
            return "watch" if request.flag("watch") else "list"
        case "DELETE":
            return "delete" if name else "deletecollection"
        case method:
            return _VERBS[method]


def field_manager(request: Request) -> str:
    """The name that a write is recorded under: what the request says, or the program's name."""
    name = request.query.get("fieldManager") or request.user_agent.partition("/")[0]
    if len(name.encode()) > _LONGEST_MANAGER:
        too_long = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
        raise invalid_option(request, "fieldManager", "FieldValueTooLong", too_long)
    if not name.isprintable():
        message = f"Invalid value: {name!r}: should only contain printable characters"
        raise invalid_option(request, "fieldManager", "FieldValueInvalid", message)
    return name


def is_rehearsal(request: Request) -> bool:
    match request.query.get("dryRun", ""):
        case "":
            return False
        case "All":
            return True
        case other:
            message = f'Unsupported value: ["{other}"]: supported values: "All"'
            raise invalid_option(request, "dryRun", "FieldValueNotSupported", message)
