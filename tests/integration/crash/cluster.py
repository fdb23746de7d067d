"""A sandbox as an agent's cluster, asked through frames; it keeps what was written and how each size went."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from libs.kube.view import Object
from libs.messages.agent import Ask, Frame
from libs.workload.kinds.naming import rollout_annotations
from libs.workload.kinds.objects import number, table, text
from sandbox.api.wire import Request, Response
from sandbox.state.store import Change, Event, Store


class Size(Struct, frozen=True):
    """A ReplicaSet was made or given another size."""

    place: str
    image: str
    replicas: int


class Written(Struct, frozen=True):
    """A write that the cluster took, under the epoch that it was sent with."""

    target: str
    epoch: int
    method: str
    path: str


class Answering(Protocol):
    """A sandbox's API, or what stands in its place."""

    async def handle(self, request: Request) -> Response: ...


class Holding(Protocol):
    """What keeps a cluster's objects."""

    @property
    def store(self) -> Store: ...


class Recorded:
    """Answers for an agent."""

    def __init__(self, api: Answering, cluster: Holding) -> None:
        self.written: list[Written] = []
        self.sizes: list[Size] = []
        self.marks: dict[tuple[str, str], list[int]] = {}
        """The epochs on each object, in the order in which they came, by object and annotation."""
        self._api = api
        self._cluster = cluster
        cluster.store.listen(self._heard)

    async def answer(self, ask: Ask) -> AsyncGenerator[Frame, None]:
        path, _, query = ask.path.partition("?")
        headers = {name.lower(): value for name, value in ask.headers.items()}
        response = await self._api.handle(
            Request(method=ask.method, path=path, query=dict(parse_qsl(query)), headers=headers, body=ask.body)
        )
        if response.stream is None:
            self._note(ask, path, response.status)
            yield Frame(0, response.status, response.headers, response.body, last=True)
            return
        yield Frame(0, response.status)
        seq = 1
        async with aclosing(response.stream) as chunks:
            async for chunk in chunks:
                yield Frame(seq, body=chunk)
                seq += 1
        yield Frame(seq, last=True)

    async def ask(self, method: str, path: str, body: object = None) -> Object:
        """What a person with `kubectl` does."""
        data = b"" if body is None else msgspec.json.encode(body)
        response = await self._api.handle(Request(method=method, path=path, body=data))
        assert response.status < 300, response.body
        return msgspec.json.decode(response.body, type=Object)

    def listen(self, heard: Callable[[Event], None]) -> None:
        """Hear of every change, after being told what is there."""
        for ref, record in self._cluster.store.everything():
            heard(Event(0, Change.ADDED, ref, record.value, b"", None))
        self._cluster.store.listen(heard)

    async def replace(self, api: Answering, cluster: Holding) -> None:
        """Another one answers from now on, as after a backup was put in place: whoever watched is cut off."""
        await self.ask("POST", "/sandbox/watches/drop")
        self._api, self._cluster = api, cluster
        cluster.store.listen(self._heard)

    def forget(self) -> None:
        """Begin the records anew."""
        self.written.clear()
        self.sizes.clear()
        self.marks.clear()

    async def mark(self, namespace: str, image: str, mark: str) -> str:
        """Put a mark in the place of the newest rollout's on a version; what was there."""
        every = self._cluster.store.everything()
        found = [record.value for ref, record in every if ref.resource.startswith("replicasets")]
        live = next(value for value in found if _place(value) == f"{namespace} {image}")
        annotations = table(live, "metadata", "annotations")
        name = rollout_annotations(annotations)[-1]
        body = msgspec.json.encode({"metadata": {"annotations": {name: mark}}})
        path = f"/apis/apps/v1/namespaces/{namespace}/replicasets/{text(live, 'metadata', 'name')}"
        headers = {"content-type": "application/merge-patch+json"}
        response = await self._api.handle(Request(method="PATCH", path=path, headers=headers, body=body))
        assert response.status == 200, response.body
        return str(annotations[name])

    def live(self) -> dict[str, int]:
        """How many pods are wanted of each image, in each namespace; what is empty is left out."""
        found = [
            record.value for ref, record in self._cluster.store.everything() if ref.resource.startswith("replicasets")
        ]
        sizes = [(_place(value), number(value, "spec", "replicas")) for value in found]
        return {place: size for place, size in sizes if size}

    def _note(self, ask: Ask, path: str, status: int) -> None:
        if ask.method != "GET" and status < 300:
            self.written.append(Written(ask.fence_target, ask.fence_epoch, ask.method, path))

    def _heard(self, event: Event) -> None:
        if not event.ref.resource.startswith("replicasets"):
            return
        value, before = event.value, event.previous
        if before is None or number(before, "spec", "replicas") != number(value, "spec", "replicas"):
            self.sizes.append(Size(event.ref.namespace, _image(value), number(value, "spec", "replicas")))
        annotations = table(value, "metadata", "annotations")
        for name in rollout_annotations(annotations):
            self.marks.setdefault((text(value, "metadata", "uid"), name), []).append(
                int(annotations[name].partition(".")[0])
            )


def _place(value: Object) -> str:
    return f"{text(value, 'metadata', 'namespace')} {_image(value)}"


def _image(value: Object) -> str:
    return str(value["spec"]["template"]["spec"]["containers"][0]["image"])
