"""Where a custom kind lives, as the cluster itself spells it: what no table and no manifest of the target says."""

from urllib.parse import quote

from msgspec.structs import replace

from libs.kube.discovery import Discovery, UnknownKind
from libs.kube.port import Transport
from libs.kube.status import KubeError
from libs.workload.dialogue.wanted import Request
from libs.workload.kinds.objects import Object, table


class Spelling:
    """Asks one cluster; for each version of a group once."""

    def __init__(self, transport: Transport) -> None:
        self._discovery = Discovery(transport)

    async def corrected(self, request: Request) -> Request | None:
        """The request as the cluster has the path of its kind; None where it was right, or the kind is not served."""
        path, mark, query = request.path.partition("?")
        if "." not in request.target.group or request.method == "POST":
            return None
        try:
            resource = await self._discovery.resource("/".join(path.split("/")[2:4]), request.target.kind)
        except (UnknownKind, KubeError):
            return None
        namespace, name = quote(request.target.namespace, safe=""), quote(request.target.name, safe=":")
        spelled = f"{resource.path(namespace, name)}{mark}{query}"
        if spelled == request.path:
            return None
        body = request.body if resource.is_namespaced else _without_namespace(request.body)
        return replace(request, path=spelled, body=body)


def _without_namespace(body: Object | list[Object] | None) -> Object | list[Object] | None:
    if not isinstance(body, dict) or "metadata" not in body:
        return body
    return {**body, "metadata": {key: one for key, one in table(body, "metadata").items() if key != "namespace"}}
