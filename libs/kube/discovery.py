"""Where kinds live in an API, as the API itself says: for kinds of which no table knows the plural."""

import msgspec
from msgspec import Struct

from libs.kube.port import Transport
from libs.kube.status import checked

RESOURCES_MOST = 10_000


class Resource(Struct, frozen=True):
    """A kind as it is spelled in paths."""

    api_version: str
    plural: str
    is_namespaced: bool

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of the collection, or of one object of it."""
        scope = f"/namespaces/{namespace}" if namespace and self.is_namespaced else ""
        collection = f"{_root(self.api_version)}{scope}/{self.plural}"
        return f"{collection}/{name}" if name else collection


class UnknownKind(Exception):
    """The cluster has no such kind: is its definition missing?"""


class _Listed(Struct):
    name: str
    kind: str
    namespaced: bool = False


class _Resources(Struct):
    resources: list[_Listed] = []


class Discovery:
    """What one cluster serves, asked once for every version of a group."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: dict[str, dict[str, Resource]] = {}

    async def resource(self, api_version: str, kind: str) -> Resource:
        """The kind as the cluster spells it. Raises `UnknownKind`; a definition made since is found."""
        found = self._known.get(api_version, {}).get(kind)
        if found is not None:
            return found
        self._known[api_version] = await self._read(api_version)
        try:
            return self._known[api_version][kind]
        except KeyError:
            raise UnknownKind(f"{api_version} {kind}") from None

    async def _read(self, api_version: str) -> dict[str, Resource]:
        response = await self._transport.request("GET", _root(api_version))
        if response.status == 404:
            return {}
        listed = msgspec.json.decode(checked(response).body, type=_Resources).resources[:RESOURCES_MOST]
        own = [one for one in listed if "/" not in one.name]
        return {one.kind: Resource(api_version, one.name, one.namespaced) for one in own}


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
