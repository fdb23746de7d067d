"""What does a request ask for? Its path and query, as a verb on a kind, in a namespace, by name."""

from msgspec import Struct

from sandbox.api.wire import Request
from sandbox.objects.kinds import NAMESPACE, Catalogue, Kind, Served
from sandbox.objects.refusals import bad_request, no_such_path, wrong_method
from sandbox.state.store import Ref

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
    verb = _verb(request, name)
    if kind.namespaced and not namespace and (name or verb in {"create", "deletecollection"}):
        raise no_such_path()
    return Call(verb, kind, namespace, name, subresource, catalogue.served(kind))


def _split(path: str) -> tuple[str, str, list[str]]:
    match [part for part in path.split("/") if part]:
        case ["api", version, *rest]:
            return "", version, rest
        case ["apis", group, version, *rest]:
            return group, version, rest
        case _:
            raise no_such_path()


def _verb(request: Request, name: str) -> str:
    match request.method:
        case "GET":
            if request.flag("watch"):
                return "watch"
            return "get" if name else "list"
        case "DELETE":
            return "delete" if name else "deletecollection"
        case method if method in _VERBS:
            return _VERBS[method]
        case _:
            raise wrong_method()


def field_manager(request: Request) -> str:
    """The name that a write is recorded under: what the request says, or the program's name."""
    name = request.query.get("fieldManager") or request.user_agent.partition("/")[0]
    if len(name) > 128 or not name.isprintable():
        raise bad_request("fieldManager: must be printable and no longer than 128 characters")
    return name


def is_rehearsal(request: Request) -> bool:
    match request.query.get("dryRun", ""):
        case "":
            return False
        case "All":
            return True
        case other:
            raise bad_request(f'dryRun: Unsupported value: "{other}": supported values: "All"')
