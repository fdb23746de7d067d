"""Does the scripted cluster answer as a sandbox does? The requests of real schedules, sent to both."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from sandbox.api.wire import Request, Response
from sandbox.objects.json import Object, at, items, number, placed, table, text
from sandbox.server import Options, running
from sandbox.simulation.behaviour import PREFIX
from sandbox.state.store import Store
from tests.integration.crash.cluster import Answering
from tests.integration.crash.skipping import LoopClock, run
from tests.simulation.schedule import simulate
from tests.simulation.scripted.cluster import Scripted

SCHEDULES = 36
SETTLE_SECONDS = 100.0
STALE = "1"
_GIVEN = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
_ADDRESSES = ("clusterIP", "clusterIPs")
_PLACES = (("metadata", "resourceVersion"), ("preconditions", "resourceVersion"))


class Sent(Struct, frozen=True):
    """A request of a schedule."""

    at: float
    request: Request
    is_current: bool
    """Whether the version that it is bound to, if any, was the object's."""


NAMESPACE = Sent(
    0.0, Request(method="POST", path="/api/v1/namespaces", body=b'{"metadata": {"name": "staging"}}'), is_current=True
)


@pytest.fixture
def sent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What the schedule of the parameter's seed sends."""
    found: list[Sent] = []
    handle = Scripted.handle

    async def heard(scripted: Scripted, asked: Request) -> Response:
        if "watch" not in asked.query:
            now = asyncio.get_running_loop().time()
            found.append(Sent(now, asked, _bound(asked) in ("", _version(scripted.store, asked))))
        return await handle(scripted, asked)

    monkeypatch.setattr(Scripted, "handle", heard)
    simulate(request.param, size="scripted")
    monkeypatch.undo()
    return found


@pytest.mark.parametrize("sent", range(SCHEDULES), indirect=True)
def test_answers_to_a_schedule_are_those_of_a_sandbox(sent: list[Sent]) -> None:
    assert len(sent) > 10
    compare(sent)


@pytest.mark.parametrize("fault", ["", "never-ready", "image-pull", "crash-loop", "pending"])
def test_pods_become_what_a_sandbox_makes_of_them(fault: str) -> None:
    compare([NAMESPACE, send("POST", "", replica_set(fault), 1), send("PATCH", "/web", {"spec": {"replicas": 3}}, 2)])


@pytest.mark.parametrize("version", ["current", "stale"])
@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_bound_write_is_taken_as_by_a_sandbox(verb: str, version: str) -> None:
    bound = {"metadata": {"resourceVersion": "?"}, "spec": {"replicas": 1}}
    if verb == "DELETE":
        bound = {"preconditions": {"resourceVersion": "?"}}
    write = replace(send(verb, "/web", bound, 10), is_current=version == "current")
    compare([NAMESPACE, send("POST", "", replica_set(), 1), write, send("GET", "/web", None, 11)])


@pytest.mark.parametrize("path", ["/spec/replicas", "/spec/nothing/there", "/metadata/annotations/a~1b"])
@pytest.mark.parametrize("value", [2, None])
def test_tested_write_is_taken_as_by_a_sandbox(path: str, value: object) -> None:
    operations = [{"op": "test", "path": path, "value": value}, {"op": "replace", "path": "/spec/replicas", "value": 1}]
    patch = send("PATCH", "/web", operations, 10, "application/json-patch+json")
    compare([NAMESPACE, patch, send("POST", "", replica_set(), 11), replace(patch, at=20), replace(patch, at=30)])


def test_refusals_are_those_of_a_sandbox() -> None:
    made = send("POST", "", replica_set(), 1)
    compare([made, NAMESPACE, made, made, send("GET", "/other", None, 2), send("DELETE", "/other", {}, 3)])


def send(verb: str, place: str, body: object, at_: float, kind: str = "application/merge-patch+json") -> Sent:
    headers = {"content-type": kind} if verb == "PATCH" else {}
    data = b"" if body is None else msgspec.json.encode(body)
    path = f"/apis/apps/v1/namespaces/staging/replicasets{place}"
    return Sent(at_, Request(method=verb, path=path, headers=headers, body=data), is_current=True)


def replica_set(fault: str = "") -> Object:
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": {f"{PREFIX}fault": fault, f"{PREFIX}start-seconds": "3"}},
        "spec": {"containers": [{"name": "web", "image": "web:v1"}]},
    }
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    metadata = {"name": "web", "labels": {"app": "web"}}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def compare(sent: list[Sent]) -> None:
    """Send everything to both, and see that they say the same and end up the same."""

    async def both() -> None:
        async with running(Options(nodes=1), LoopClock()) as (api, cluster):
            scripted = Scripted(0, LoopClock())
            for one in sent:
                await asyncio.sleep(max(0.0, one.at - asyncio.get_running_loop().time()))
                said = await _told(scripted, scripted.store, one)
                assert said == await _told(api, cluster.store, one), one.request
            await asyncio.sleep(SETTLE_SECONDS)
            assert sorted(_standing(scripted.store)) == sorted(_standing(cluster.store))

    run(both())


async def _told(cluster: Answering, store: Store, sent: Sent) -> tuple[int, str, object]:
    """Status, reason, and what is read of it."""
    response = await cluster.handle(_translated(sent, store))
    body = msgspec.json.decode(response.body, type=Object)
    if body.get("kind") == "Status":
        return response.status, text(body, "reason"), text(body, "details", "name")
    listed = [_read(one, "apps/v1") for one in items(body, "items")]
    return response.status, "", listed or _read(body, text(body, "apiVersion"))


def _read(value: Object, version: str) -> Object:
    """What a steering reads and no instant decides: statuses are compared at the end."""
    metadata = {name: item for name, item in table(value, "metadata").items() if name not in _GIVEN}
    if "items" in value or at(value, "spec", "containers"):
        return {}
    if version == "apps/v1" and not table(metadata, "labels"):
        metadata = {}
    metadata.pop("generation", None)
    spec = {name: item for name, item in table(value, "spec").items() if name not in _ADDRESSES}
    return {"metadata": metadata, "spec": spec, "rest": value.get("data")}


def _standing(store: Store) -> Iterator[tuple[str, ...]]:
    """How every ReplicaSet and every pod is in the end."""
    for one in store.records("replicasets.apps"):
        counts = [number(one.value, "status", name) for name in ("replicas", "readyReplicas", "availableReplicas")]
        seen = number(one.value, "status", "observedGeneration") == number(one.value, "metadata", "generation")
        yield (text(one.value, "metadata", "name"), *map(str, counts), str(seen))
    for one in store.records("pods"):
        told = {text(item, "type"): text(item, "status") for item in items(one.value, "status", "conditions")}
        reasons = [text(item, "state", "waiting", "reason") for item in items(one.value, "status", "containerStatuses")]
        owner = items(one.value, "metadata", "ownerReferences")[0]["name"]
        yield (owner, text(one.value, "status", "phase"), str(told.get("Ready")), str(told["PodScheduled"]), *reasons)


def _translated(sent: Sent, store: Store) -> Request:
    """The same request to a cluster that gave other versions and identities."""
    if not _bound(sent.request):
        return sent.request
    body = msgspec.json.decode(sent.request.body, type=Object)
    version = _version(store, sent.request) if sent.is_current else STALE
    for place in _PLACES:
        if at(body, *place) is not None:
            body = placed(body, place, version)
    body = placed(body, ("preconditions", "uid"), None) if "preconditions" in body else body
    return replace(sent.request, body=msgspec.json.encode(body))


def _bound(request: Request) -> str:
    """The version that a write is bound to."""
    if not request.body.startswith(b"{"):
        return ""
    body = msgspec.json.decode(request.body, type=Object)
    return next((found for place in _PLACES if (found := text(body, *place))), "")


def _version(store: Store, request: Request) -> str:
    place = tuple(request.path.split("/")[-4:])
    if len(place) < 4 or place[0] != "namespaces":
        return ""
    found = (one for name in (place[2], f"{place[2]}.apps") for one in store.records(name, place[1]))
    return next(
        (text(one.value, "metadata", "resourceVersion") for one in found if one.value["metadata"]["name"] == place[3]),
        "",
    )
